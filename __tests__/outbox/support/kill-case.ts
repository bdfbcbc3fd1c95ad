import type { Sandbox, SandboxFault, SandboxOperation } from '../../../lib/sandbox/index.js';
import { openOutbox, outboxTransport, startOutboxWorker, type OutboxMessage } from '../../../lib/outbox/index.js';
import nodemailer from 'nodemailer';
import { start, type Process } from './processes.js';
import type { KillAt } from './program.js';
import type { RedisServer } from './redis-server.js';
import { withFiles } from './mails.js';
import { mail, QUICK, QUICK_GRAPH } from './use-outbox.js';

/** By one request, by a draft, by a draft with an upload session, by a draft that files are added to. */
export type Way = 'sendMail' | 'draft' | 'upload' | 'attach';

/** What goes wrong before somebody dies, so that the message gets there. */
export type Trouble =
  /** Its first request takes longer than a third of the lock. */
  | 'slow'
  /** Graph refuses it for a while. */
  | 'busy'
  /** Graph sends it, does not answer, and cannot be asked for a while. */
  | 'silent'
  /** Graph refuses it for good. */
  | 'refused';

/** Where something dies. */
export interface KillCase {
  way: Way;
  /** What is killed. */
  who: 'app' | 'worker' | 'redis';
  trouble?: Trouble;
  /** At a script, before it leaves or once it is answered … */
  script?: { name: string; when: 'before' | 'after' };
  /** … or at a request to Graph that is lost, or takes effect and is not answered. */
  request?: RequestAt;
  /** And at which one the worker dies that comes after it. */
  next?: RequestAt;
}

interface RequestAt {
  operation: SandboxOperation;
  effect: boolean;
}

const describeRequest = ({ operation, effect }: RequestAt): string => `with ${operation} ${effect ? 'accepted' : 'lost'}`;

export const title = ({ way, who, trouble, script, request, next }: KillCase): string =>
  [
    ...[
      who,
      'dies',
      script && `${script.when} ${script.name}`,
      request && describeRequest(request),
      next && `and again ${describeRequest(next)}`,
    ],
    ...[`(${way}${trouble ? `, ${trouble}` : ''})`],
  ]
    .filter(Boolean)
    .join(' ');

/** Scripts that the app runs. */
const IN_APP = ['enqueue', 'add', 'commit'];
/** Bytes of the files: one that goes by an upload session, or two that go in a request each. */
const FILES: Partial<Record<Way, number[]>> = { upload: [3_200_000], attach: [2_500_000, 2_500_000] };

export function mailOf(way: Way, id: string, mailbox: string): object {
  return mail({
    from: mailbox,
    outbox: { id },
    ...(FILES[way] && { files: FILES[way] }),
    graph: { mailbox, route: way === 'sendMail' ? 'sendMail' : 'draft' },
  });
}

export interface KillResult {
  /** The app was told that it is queued. */
  acked: boolean;
  message: OutboxMessage | undefined;
  delivered: number;
  drafts: number;
  sentItems: number;
  struck: boolean;
}

/** One message, one death, and then a worker that finds what is left. */
export async function runKillCase(
  one: KillCase,
  { redis, sandbox, mailbox, prefix }: { redis: RedisServer; sandbox: Sandbox; mailbox: string; prefix: string },
): Promise<KillResult> {
  const connection = { connection: redis.url, prefix };
  const { mailbox: _own, ...signIn } = sandbox.options;
  const graph = { ...signIn, ...QUICK_GRAPH, retries: 1, requestTimeout: 1500 };
  const worker = { ...connection, graph, ...QUICK, lockDuration: 1500 };
  const id = 'the one';
  const queued = mailOf(one.way, id, mailbox);
  let acked = true;
  let struck = false;
  const kill: KillAt | undefined = one.script && { script: one.script.name, when: one.script.when };

  /** Kills Redis once a process has come so far, and starts it over the same data. */
  const killRedis = async (by: Process) => {
    struck = (await reached(by.hear((told) => told.struck === true))) !== undefined;
    await redis.kill();
    await redis.start();
  };
  /** Kills a worker with a request. */
  const killWith = async (by: Process, { operation, effect }: RequestAt) => {
    const rule = effect ? ({ accepted: true, cut: 'reset', delay: 150 } as const) : ({ cut: 'reset' } as const);
    const fault = sandbox.fail({ operation, mailbox, ...rule, match: () => (by.kill(), true) });
    await reached(by.ended);
    by.kill();
    await by.ended;
    struck = fault.hits === 1;
    fault.remove();
  };

  if (one.who === 'app' || IN_APP.includes(one.script?.name ?? '')) {
    const app = start({
      role: 'app',
      transport: connection,
      mails: [queued],
      kill: kill && { ...kill, ...(one.who === 'redis' && { pid: redis.pid }) },
    });
    if (one.who === 'redis') await killRedis(app);
    await reached(Promise.race([app.hear((told) => told.done === true), app.ended]));
    app.kill();
    await app.ended;
    if (one.who === 'app') struck = !app.told.some((told) => told.done);
    acked = app.told.some((told) => told.acked === id);
    const [refused] = app.told.flatMap(({ error }) => error ?? []);
    // what is not known must be said to be so
    if (refused && !refused.ambiguous && (await openAndGet(connection, id)))
      throw new Error(`"${refused.message}", and it is in the queue`);
  } else {
    const transport = outboxTransport(connection);
    await nodemailer.createTransport(transport).sendMail(withFiles(queued));
    transport.close();
    const troubles = one.trouble ? makeTrouble(one.trouble, one.way, { sandbox, mailbox }) : [];
    const first = start({ role: 'worker', worker, kill: kill && { ...kill, ...(one.who === 'redis' && { pid: redis.pid }) } });
    if (one.request) {
      await killWith(first, one.request);
    } else if (one.who === 'worker') {
      struck = (await reached(first.ended.then(() => true))) ?? false;
      first.kill();
      await first.ended;
    } else {
      await killRedis(first);
      // it goes on, too
      await new Promise((resolve) => setTimeout(resolve, 3000));
      first.kill();
      await first.ended;
    }
    if (one.next) await killWith(start({ role: 'worker', worker }), one.next);
    for (const trouble of troubles) trouble.remove();
  }

  const rescue = await startOutboxWorker(worker);
  rescue.on('error', () => undefined);
  const outbox = openOutbox(connection);
  try {
    if (!acked) {
      // an app that got no answer hands it in again, with the same id
      const transport = outboxTransport(connection);
      await nodemailer.createTransport(transport).sendMail(withFiles(queued));
      transport.close();
    }
    const message = await outbox.wait(id, { timeout: 40_000 });
    return {
      acked,
      struck,
      message,
      delivered: sandbox.messages.filter((sent) => sent.mailbox === mailbox).length,
      drafts: sandbox.drafts.filter((draft) => draft.mailbox === mailbox).length,
      sentItems: sandbox.sentItems(mailbox).length,
    };
  } finally {
    await outbox.close();
    await rescue.close();
  }
}

async function openAndGet(connection: { connection: string; prefix: string }, id: string): Promise<OutboxMessage | undefined> {
  const outbox = openOutbox(connection);
  try {
    return await outbox.get(id);
  } finally {
    await outbox.close();
  }
}

/** What does not come within half a minute does not come at all. */
async function reached<T>(promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), 30_000)));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function makeTrouble(trouble: Trouble, way: Way, { sandbox, mailbox }: { sandbox: Sandbox; mailbox: string }): SandboxFault[] {
  const first = way === 'sendMail' ? 'sendMail' : 'createDraft';
  const last = way === 'sendMail' ? 'sendMail' : 'send';
  switch (trouble) {
    case 'slow':
      return [sandbox.fail({ operation: first, mailbox, delay: 1200 })];
    case 'busy':
      return [sandbox.fail({ operation: first, mailbox, status: 503, headers: { 'retry-after': '0' }, times: 2 })];
    case 'silent':
      return [
        sandbox.fail({ operation: last, mailbox, accepted: true, cut: 'reset' }),
        sandbox.fail({ operation: ['getMessage', 'listMessages'], mailbox, status: 500, times: Infinity }),
      ];
    case 'refused':
      return [sandbox.fail({ operation: first, mailbox, status: 400, code: 'ErrorInvalidRecipients' })];
  }
}
