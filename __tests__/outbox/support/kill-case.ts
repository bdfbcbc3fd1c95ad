import type { Sandbox, SandboxOperation } from '../../../lib/sandbox/index.js';
import { openOutbox, outboxTransport, startOutboxWorker, type OutboxMessage } from '../../../lib/outbox/index.js';
import nodemailer from 'nodemailer';
import { start } from './processes.js';
import type { KillAt } from './program.js';
import type { RedisServer } from './redis-server.js';
import { withFiles } from './mails.js';
import { mail, QUICK, QUICK_GRAPH } from './use-outbox.js';

export type Way = 'sendMail' | 'draft' | 'upload';

/** Where something dies. */
export interface KillCase {
  way: Way;
  /** What is killed. */
  who: 'app' | 'worker' | 'redis';
  /** At a script, before it leaves or once it is answered … */
  script?: { name: string; when: 'before' | 'after' };
  /** … or at a request to Graph that is lost, or takes effect and is not answered. */
  request?: { operation: SandboxOperation; effect: boolean };
}

export const title = ({ way, who, script, request }: KillCase): string =>
  `${who} dies ${script ? `${script.when} ${script.name}` : `with ${request?.operation} ${request?.effect ? 'accepted' : 'lost'}`}, ${way}`;

export function mailOf(way: Way, id: string, mailbox: string): object {
  return mail({
    from: mailbox,
    outbox: { id },
    ...(way === 'upload' && { files: [3_200_000] }),
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
  const worker = { ...connection, graph: { ...signIn, ...QUICK_GRAPH, requestTimeout: 1500 }, ...QUICK, lockDuration: 1500 };
  const id = 'the one';
  const queued = mailOf(one.way, id, mailbox);
  let acked = one.who !== 'app';
  let struck = false;
  const kill: KillAt | undefined = one.script && { script: one.script.name, when: one.script.when };

  if (one.who === 'app') {
    const app = start({ role: 'app', transport: connection, mails: [queued], kill });
    await app.ended;
    struck = app.told.some((told) => told.struck);
    acked = app.told.some((told) => told.acked === id);
  } else {
    const transport = outboxTransport(connection);
    await nodemailer.createTransport(transport).sendMail(withFiles(queued));
    transport.close();
    const first = start({ role: 'worker', worker, kill: kill && { ...kill, ...(one.who === 'redis' && { pid: redis.pid }) } });
    if (one.request) {
      const { operation, effect } = one.request;
      const done = new Promise<void>((resolve) => {
        sandbox.fail({
          operation,
          mailbox,
          ...(effect ? { accepted: true, cut: 'reset', delay: 150 } : { cut: 'reset' }),
          match: () => {
            first.kill();
            struck = true;
            resolve();
            return true;
          },
        });
      });
      await Promise.race([done, first.ended]);
      await first.ended;
    } else if (one.who === 'worker') {
      await first.ended;
      struck = first.told.some((told) => told.struck);
    } else {
      struck = (await first.hear((told) => told.struck === true)) !== undefined;
      await redis.kill();
      await redis.start();
      // it goes on, too
      await new Promise((resolve) => setTimeout(resolve, 3000));
      first.kill();
      await first.ended;
    }
  }

  const rescue = await startOutboxWorker(worker);
  rescue.on('error', () => undefined);
  const outbox = openOutbox(connection);
  try {
    if (one.who === 'app' && !acked) {
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
