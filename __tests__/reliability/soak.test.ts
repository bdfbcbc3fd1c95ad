import nodemailer from 'nodemailer';
import { graphTransport, type GraphTransportError } from '../../lib/index.js';
import { startSandbox, type FaultRule, type Sandbox } from '../../lib/sandbox/index.js';
import { seededRandom, testsInFull } from '../support/sample.js';

const MESSAGES = testsInFull ? 2_000 : 300;
const mailboxes = ['noreply@contoso.com', 'alerts@contoso.com', 'invoices@contoso.com'];

const faults: FaultRule[] = [
  { status: 429, headers: { 'Retry-After': '0' } },
  { status: 429 },
  { status: 503 },
  { status: 500 },
  { status: 500, accepted: true },
  { status: 504, accepted: true },
  { cut: 'reset' },
  { cut: 'reset', accepted: true },
  { cut: 'truncate', accepted: true },
  { status: 401 },
  { status: 403 },
];
const operations = ['sendMail', 'createDraft', 'send', 'getMessage', 'listMessages', 'deleteMessage'] as const;

async function soak(sandbox: Sandbox) {
  const random = seededRandom();
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const { graphEndpoint, tls } = sandbox.options;
  const transports = Array.from({ length: 4 }, (_, index) =>
    graphTransport({
      credential: { getToken: () => Promise.resolve({ token: sandbox.issueToken(), expiresOnTimestamp: Date.now() + 3_600_000 }) },
      graphEndpoint,
      tls,
      maxRetryDelay: 5,
      // one of four makes every send duplicate-safe
      route: index === 0 ? 'draft' : 'auto',
      format: index % 2 ? 'json' : 'auto',
    }),
  );
  const transporters = transports.map((transport) => nodemailer.createTransport(transport));
  for (let index = 0; index < MESSAGES / 5; index++) {
    sandbox.fail({ ...pick(faults), operation: pick(operations), mailbox: pick(mailboxes), skip: Math.floor((random() * MESSAGES) / 5) });
  }
  const outcomes = await Promise.all(
    Array.from({ length: MESSAGES }, async (_, index) => {
      const from = pick(mailboxes);
      const subject = `message ${index}`;
      const data = { from, to: 'reader@example.com', subject, text: 'x', ...(random() < 0.3 && { html: '<p>x' }) };
      const error = await pick(transporters)
        .sendMail(data)
        .then(
          () => undefined,
          (reason: GraphTransportError) => reason,
        );
      return { subject, error };
    }),
  );
  for (const transport of transports) transport.close();
  return outcomes;
}

test(`${MESSAGES} messages, 3 mailboxes, 4 transports, random faults: none lost, none twice`, async () => {
  await using sandbox = await startSandbox({ mailboxes });
  const outcomes = await soak(sandbox);
  const copies = new Map<string, number>();
  for (const { subject } of sandbox.messages) copies.set(subject, (copies.get(subject) ?? 0) + 1);

  const wrong = outcomes.flatMap(({ subject, error }) => {
    const count = copies.get(subject) ?? 0;
    if (count > 1) return [`${subject}: ${count} copies`];
    if (!error && count !== 1) return [`${subject}: success without a copy`];
    if (error && !error.ambiguous && count > 0) return [`${subject}: refused (${error.message}), but it arrived`];
    return [];
  });
  expect(wrong).toEqual([]);

  const failed = outcomes.filter(({ error }) => error);
  // the faults did strike, and most messages got through all the same
  expect(failed.length).toBeGreaterThan(0);
  expect(failed.length).toBeLessThan(MESSAGES / 4);
  const named = failed.filter(({ error }) => error?.ambiguous || /left in Drafts/.test(error?.message ?? '')).length;
  expect(sandbox.drafts.length).toBeLessThanOrEqual(named);
});
