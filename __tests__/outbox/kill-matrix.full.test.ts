import { startSandbox, type Sandbox, type SandboxOperation } from '../../lib/sandbox/index.js';
import { describeWith } from '../support/require-program.js';
import { runKillCase, title, type KillCase, type Trouble, type Way } from './support/kill-case.js';
import { endProcesses } from './support/processes.js';
import { startRedis, type RedisServer } from './support/redis-server.js';

const REQUESTS = {
  sendMail: ['sendMail'],
  draft: ['createDraft', 'send'],
  upload: ['createDraft', 'createUploadSession', 'uploadChunk', 'send'],
  attach: ['createDraft', 'addAttachment', 'send'],
} as const;
const WAYS = Object.keys(REQUESTS) as Way[];
const DRAFTS = WAYS.filter((way) => way !== 'sendMail');

/** Somebody dies before a script leaves, and once it is answered. */
const scripts = (names: string[], who: KillCase['who'][], ways: Way[], trouble?: Trouble): KillCase[] =>
  ways.flatMap((way) =>
    names.flatMap((name) =>
      who.flatMap((one) =>
        (['before', 'after'] as const).map((when) => ({ way, who: one, script: { name, when }, ...(trouble && { trouble }) })),
      ),
    ),
  );
/** A worker dies with a request that is lost, and with one that takes effect. */
const requests = (way: Way, more: Pick<KillCase, 'request'> | undefined, operations: readonly SandboxOperation[]): KillCase[] =>
  operations.flatMap((operation) =>
    [true, false].map(
      (effect) =>
        ({ way, who: 'worker', ...(more ? { ...more, next: { operation, effect } } : { request: { operation, effect } }) }) as const,
    ),
  );

/** Every script and every request of a message's life, and what can die at it; KILL_CASES='renew|release' runs a part. */
const ALL: KillCase[] = [
  ...scripts(['enqueue', 'add', 'commit'], ['app', 'redis'], WAYS),
  ...scripts(['claim', 'mark', 'sent'], ['worker', 'redis'], WAYS),
  ...scripts(['bytes'], ['worker', 'redis'], ['upload', 'attach']),
  ...scripts(['renew'], ['worker', 'redis'], WAYS, 'slow'),
  ...scripts(['release'], ['worker', 'redis'], WAYS, 'busy'),
  ...scripts(['looked'], ['worker', 'redis'], WAYS, 'silent'),
  ...scripts(['end'], ['worker', 'redis'], ['sendMail', 'draft'], 'refused'),
  ...WAYS.flatMap((way) => requests(way, undefined, REQUESTS[way])),
  // a draft is left, and the one who finds it dies as well
  ...DRAFTS.flatMap((way) => requests(way, { request: { operation: 'createDraft', effect: true } }, ['listMessages', 'deleteMessage'])),
  // it may have been sent, and the one who asks dies as well
  ...[true, false].flatMap((effect) => [
    ...requests('sendMail', { request: { operation: 'sendMail', effect } }, ['listMessages']),
    ...requests('draft', { request: { operation: 'send', effect } }, ['getMessage']),
  ]),
  // it was not, and the one who sends the draft again dies as well
  ...requests('upload', { request: { operation: 'send', effect: false } }, ['listAttachments', 'send']),
];

const CASES = ALL.filter((one) => new RegExp(process.env['KILL_CASES'] ?? '').test(title(one)));

const LANES = 4;

describeWith('redis-server', 'whatever is killed at whatever moment', (program) => {
  jest.setTimeout(30 * 60_000);
  const mailboxes = CASES.map((_, index) => `box${index}@contoso.com`);
  let sandbox: Sandbox;
  const redis: RedisServer[] = [];
  beforeAll(async () => {
    // a second /send of a sent message would deliver it again
    sandbox = await startSandbox({ mailboxes, resend: true });
    // one for each lane: some cases kill it
    for (let lane = 0; lane < LANES; lane++) redis.push(await startRedis(program, { appendfsync: 'always' }));
  });
  afterAll(async () => {
    await endProcesses();
    await Promise.all(redis.map((server) => server.stop()));
    await sandbox.close();
  });

  it(`nothing acknowledged is lost, nothing is sent twice, no draft is left (${CASES.length} moments)`, async () => {
    const bad: string[] = [];
    const left = [...CASES.entries()];
    const lane = async (server: RedisServer) => {
      for (let next = left.shift(); next; next = left.shift()) {
        const [index, one] = next;
        const mailbox = mailboxes[index] as string;
        const result = await runKillCase(one, { redis: server, sandbox, mailbox, prefix: `case-${index}` }).catch((error: Error) => error);
        const why = result instanceof Error ? result.message : judge(one, result);
        if (!why) continue;
        bad.push(`${title(one)}: ${why}`);
        process.stdout.write(`${String(bad.at(-1))}\n`);
      }
    };
    await Promise.all(redis.map(lane));
    expect(bad).toEqual([]);
  });
});

function judge(
  { way, trouble }: KillCase,
  { struck, message, delivered, drafts, sentItems }: Awaited<ReturnType<typeof runKillCase>>,
): string {
  const state = message?.state;
  if (!struck) return 'nothing died there';
  if (drafts > 0) return `${drafts} drafts left`;
  if (delivered > 1) return `delivered ${delivered} times`;
  if (sentItems !== delivered) return `delivered ${delivered} times, but ${sentItems} in Sent Items`;
  // what Graph refused is tried again by people only; a worker that died before it said so has tried it again
  if (trouble === 'refused' && state === 'failed') return delivered === 0 ? '' : 'failed, and delivered';
  if (state === 'sent') return delivered === 1 ? '' : 'sent, and not delivered';
  // on route sendMail what was marked and is not to be found stays open
  if (state === 'ambiguous' && way === 'sendMail' && delivered === 0) return '';
  return `ended ${state}, delivered ${delivered} times: ${message?.error?.message ?? ''}`;
}
