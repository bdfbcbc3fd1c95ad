import fc from 'fast-check';
import type * as Prepare from '../../lib/plan/prepare.js';
import type * as MessageSettings from '../../lib/plan/message-settings.js';
import type * as Reader from '../../lib/message/content/content-reader.js';
import type { MimeTreeNode, NodemailerMail } from '../../lib/message/nodemailer.js';
import { Canceller } from '../../lib/base/cancellation.js';
import { isGraphTransportError } from '../../lib/index.js';
import { startSmtpSink } from '../support/smtp-sink.js';
import { loadWith } from '../support/load-transport.js';
import { nodemailerVersions, type Nodemailer } from '../support/nodemailer-versions.js';
import { mailboxOf, viewJson, viewMime, type StrictView } from '../support/strict-view.js';
import { MAILBOX, problemsOf, startEnvelopeHarness } from './harness.js';
import { HIDDEN, hostileMessage } from './hostile.js';

/** `npm run fuzz` takes more. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 2000);
const seed = jest.getSeed();
const format = fc.constantFrom('auto', 'json', 'mime');

const PARTS = ['attachments', 'alternatives', 'icalEvent', 'list'];

jest.setTimeout(1000 * RUNS);

type Data = Record<string, unknown>;

/** What Nodemailer compiles, or nothing where it throws itself. */
async function compile(nodemailer: Nodemailer, data: Data): Promise<NodemailerMail | undefined> {
  let compiled: NodemailerMail | undefined;
  const catcher = {
    name: 'catcher',
    version: '1.0.0',
    send(mail: unknown, callback: (error: Error | null, info: unknown) => void) {
      compiled = mail as NodemailerMail;
      callback(null, {});
    },
  };
  try {
    await nodemailer.createTransport(catcher as never).sendMail(data);
  } catch {
    // Nodemailer throws before any transport is asked
  }
  return compiled;
}

/** Its own objects for every use: Nodemailer writes into what it is given. */
function copy(value: unknown, seen = new Map<unknown, unknown>()): unknown {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  if (value instanceof Date) return new Date(value);
  const known = seen.get(value);
  if (known !== undefined) return known;
  const result: object = Array.isArray(value) ? [] : (Object.create(Object.getPrototypeOf(value) as object | null) as object);
  seen.set(value, result);
  for (const key of Object.keys(value)) {
    Object.defineProperty(result, key, {
      value: copy((value as Record<string, unknown>)[key], seen),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return result;
}

/** Whom SMTP would deliver to; nothing where Nodemailer cannot tell. */
function envelopeOf({ message }: NodemailerMail): string[] | undefined {
  try {
    return message.getEnvelope().to;
  } catch {
    return undefined;
  }
}

// halves of surrogate pairs and blanks within the quotes of a local part have no spelling of their own
const keys = (list: readonly string[]) =>
  [...new Set(list.map((address) => mailboxOf(Buffer.from(address).toString().replace(/\s+/g, ' '))))].sort();

/** Whether Nodemailer writes it at all: over SMTP it throws where nobody can catch it for a header that is no text. */
async function canBeBuilt(nodemailer: Nodemailer, data: Data): Promise<boolean> {
  type Buildable = Pick<MimeTreeNode, 'getHeader'> & { build: (callback: (error: Error | null) => void) => void };
  const message = (await compile(nodemailer, data))?.message as unknown as Buildable | undefined;
  // its pool takes the Message-ID for text before it writes anything
  if (!message || !['string', 'undefined'].includes(typeof (message.getHeader('message-id') || undefined))) return false;
  try {
    return await new Promise((resolve) => message.build((error) => resolve(!error)));
  } catch {
    return false;
  }
}

describe.each(nodemailerVersions)('whatever comes in, with Nodemailer %s', (version, nodemailer) => {
  const { prepare } = loadWith<typeof Prepare>(version, '../../lib/plan/prepare.js');
  const { readMessageSettings } = loadWith<typeof MessageSettings>(version, '../../lib/plan/message-settings.js');
  const { ContentReader } = loadWith<typeof Reader>(version, '../../lib/message/content/content-reader.js');
  const settings = {
    mailbox: MAILBOX,
    saveToSentItems: true,
    route: 'auto',
    onLoss: 'ignore',
    maxRecipients: 500,
    socketTimeout: 10_000,
    signIn: { kind: 'credential' },
  };

  test(`what leaves names exactly the envelope, or it is refused for good (seed ${seed})`, async () => {
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(hostileMessage, format, async (data, wanted) => {
        const smtp = await compile(nodemailer, copy(data) as Data);
        const mail = await compile(nodemailer, copy(data) as Data);
        if (!mail || !smtp) return;
        const envelope = envelopeOf(smtp);
        const reader = new ContentReader({ idleTimeout: 10_000, signal: undefined });
        let view: StrictView;
        let named: string[];
        try {
          const chosen = readMessageSettings(mail, { ...settings, format: wanted } as never);
          const prepared = await prepare(mail, chosen, {
            settings,
            reader,
            signal: new Canceller(),
            logger: { warn: () => undefined },
          } as never);
          view =
            prepared.format === 'mime'
              ? viewMime(Buffer.from(prepared.body.toString('latin1'), 'base64'))
              : viewJson(prepared.body.toString());
          named = prepared.envelope.to;
          if (envelope) expect(keys(named)).toEqual(keys(envelope));
        } catch (error) {
          // not the assertion above, and nothing that nobody has thought of
          if (!isGraphTransportError(error)) throw error;
          expect({ code: error.code, permanent: error.permanent, message: error.message }).toEqual({
            code: expect.stringMatching(/^(EMESSAGE|EENVELOPE)$/),
            permanent: true,
            message: expect.not.stringMatching(/unexpected failure/),
          });
          return;
        } finally {
          await reader.dispose();
        }
        sent++;
        expect(keys([...view.to, ...view.cc, ...view.bcc])).toEqual(keys(named));
        const { bcc, ...others } = data;
        if (bcc === HIDDEN && !containsHidden(others)) expect(view.visible).not.toContain(HIDDEN);
      }),
      { numRuns: Math.ceil((RUNS * 0.8) / nodemailerVersions.length), seed, endOnFailure: true },
    );
    // the generator must not have come to make nothing but nonsense
    expect(sent).toBeGreaterThan((RUNS * 0.8) / nodemailerVersions.length / 10);
  });
});

function containsHidden(value: unknown): boolean {
  try {
    return (JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner)) ?? '').includes(HIDDEN);
  } catch {
    return true;
  }
}

describe('through the sandbox and over SMTP', () => {
  let harness: Awaited<ReturnType<typeof startEnvelopeHarness>>;
  let sink: Awaited<ReturnType<typeof startSmtpSink>>;
  beforeAll(async () => {
    [harness, sink] = [await startEnvelopeHarness(), await startSmtpSink()];
  });
  afterAll(() => Promise.all([harness.close(), sink.close()]));

  test(`nobody gets it who is not in the envelope, and nobody sees a Bcc (seed ${seed})`, async () => {
    await fc.assert(
      fc.asyncProperty(hostileMessage, format, fc.constantFrom('7', '8', '9', '10'), async (data, wanted, version) => {
        const outcome = await harness.send(version, copy(data) as Data, wanted);
        if (outcome.kind === 'refused' && outcome.posts > 0 && outcome.error.httpStatus !== undefined) {
          // Graph's own refusal: nothing was delivered
          expect(harness.sandbox.messages).toEqual([]);
          return;
        }
        expect(problemsOf(outcome, outcome.kind === 'sent' ? outcome.info.envelope.to : [])).toEqual([]);
      }),
      { numRuns: Math.ceil(RUNS * 0.15), seed, endOnFailure: true },
    );
  });

  test(`it is whom SMTP delivers to (seed ${seed})`, async () => {
    const connection = { host: '127.0.0.1', port: sink.port, ignoreTLS: true, pool: true, maxConnections: 1 };
    const pools = new Map(nodemailerVersions.map(([version, nodemailer]) => [version, nodemailer.createTransport(connection as never)]));
    try {
      await fc.assert(
        fc.asyncProperty(hostileMessage, format, fc.constantFrom('7', '8', '9', '10'), async (data, wanted, version) => {
          const outcome = await harness.send(version, copy(data) as Data, wanted);
          if (outcome.kind !== 'sent') return;
          // what a part throws cannot be caught even here; no part names anybody
          if (PARTS.some((name) => data[name] !== undefined)) return;
          const nodemailer = nodemailerVersions.find(([name]) => name === version)?.[1];
          if (!nodemailer || !(await canBeBuilt(nodemailer, copy(data) as Data))) return;
          const before = sink.deliveries.length;
          try {
            const info = (await pools.get(version)?.sendMail(copy(data) as Data)) as { rejected?: unknown[] } | undefined;
            if (info?.rejected?.length) return;
          } catch {
            // what SMTP refuses, such as an address beyond ASCII, it does not compare
            return;
          }
          const [delivery] = sink.deliveries.slice(before);
          if (delivery) expect(keys(outcome.recipients)).toEqual(keys(delivery.recipients));
        }),
        { numRuns: Math.ceil(RUNS * 0.05), seed, endOnFailure: true },
      );
    } finally {
      for (const pool of pools.values()) pool.close();
    }
  });
});
