/** A process of its own: a worker, or an app that queues messages. It can be told to end by SIGKILL in the middle of something. */
import { createHash } from 'node:crypto';
import { Cluster, Redis } from 'ioredis';
import nodemailer from 'nodemailer';
import {
  fileStore,
  outboxTransport,
  startOutboxWorker,
  type OutboxTransportOptions,
  type OutboxWorkerOptions,
} from '../../../lib/outbox/index.js';
import { SCRIPTS } from '../../../lib/outbox/scripts.js';
import { withFiles } from './mails.js';

export interface Orders {
  role: 'worker' | 'app';
  worker?: OutboxWorkerOptions;
  transport?: OutboxTransportOptions;
  /** What an app queues. */
  mails?: object[];
  /** @default 1 */
  atATime?: number;
  /** `script` by its name, or `add` for BullMQ's own; what dies, this process or another one. */
  kill?: KillAt | undefined;
  /** An app hands in again what was refused, until it is taken. */
  insist?: boolean;
  /** Folder of a store for large attachments. */
  store?: string;
  /** Ports of a cluster, in place of `connection`. */
  cluster?: number[];
  /** Milliseconds by which this process's clock is ahead. */
  clock?: number;
}

export interface KillAt {
  script: string;
  when: 'before' | 'after';
  /** Process id; this one if there is none. */
  pid?: number;
  /** `SIGSTOP` freezes. */
  signal?: 'SIGKILL' | 'SIGSTOP';
}

// a parent that is gone hears nothing any more
process.on('disconnect', () => process.exit());

const orders = JSON.parse(process.env['OUTBOX_ORDERS'] ?? '{}') as Orders;
const names = new Map(Object.entries(SCRIPTS).map(([name, { lua }]) => [createHash('sha1').update(lua).digest('hex'), name]));

if (orders.kill) {
  const { script, when, pid = process.pid, signal = 'SIGKILL' } = orders.kill;
  let armed = true;
  const strike = (moment: string) => {
    if (!armed || moment !== when) return;
    armed = false;
    process.send?.({ struck: true });
    // the message to the parent has to leave first
    try {
      process.kill(pid, signal);
    } catch {
      // the test was faster
    }
  };
  const prototype = Redis.prototype as unknown as { sendCommand: (command: Command, ...rest: unknown[]) => unknown };
  interface Command {
    name: string;
    args: unknown[];
    promise: Promise<unknown>;
  }
  const original = prototype.sendCommand;
  prototype.sendCommand = function (this: unknown, command, ...rest) {
    const [first] = command.args;
    const sha =
      command.name === 'evalsha' ? String(first) : command.name === 'eval' ? createHash('sha1').update(String(first)).digest('hex') : '';
    // the only script of BullMQ's that an app runs adds a job
    const name = names.get(sha) ?? (sha !== '' && orders.role === 'app' ? 'add' : undefined);
    if (name !== script) return original.call(this, command, ...rest);
    strike('before');
    const result = original.call(this, command, ...rest);
    command.promise.then(
      () => strike('after'),
      () => undefined,
    );
    return result;
  };
}

if (orders.clock !== undefined) {
  const { clock } = orders;
  const now = Date.now.bind(Date);
  Date.now = () => now() + clock;
}
const connected = () => {
  if (!orders.cluster) return {};
  const client = new Cluster(orders.cluster, { redisOptions: { maxRetriesPerRequest: null }, clusterRetryStrategy: () => 200 });
  client.on('error', () => undefined);
  return { connection: client };
};
const store = orders.store === undefined ? {} : { store: fileStore(orders.store) };
let peak = 0;
const watch = () => (peak = Math.max(peak, process.memoryUsage().rss));
setInterval(watch, 20).unref();

async function main(): Promise<void> {
  process.on('message', () => process.send?.({ rss: process.memoryUsage().rss, peak }));
  if (orders.role === 'worker') {
    const worker = await startOutboxWorker({ ...(orders.worker as OutboxWorkerOptions), ...connected(), ...store });
    worker.on('error', () => undefined);
    for (const event of ['sent', 'failed', 'ambiguous', 'held'] as const) {
      worker.on(event, (about: object) => process.send?.({ event, id: (about as { id?: string }).id }));
    }
    process.once('SIGTERM', () => void worker.close().then(() => process.exit(0)));
    process.send?.({ ready: true });
    return;
  }
  const transport = outboxTransport({ ...(orders.transport as OutboxTransportOptions), ...store });
  const mailer = nodemailer.createTransport(transport);
  process.send?.({ ready: true });
  const left = [...(orders.mails ?? [])];
  const lane = async () => {
    for (let mail = left.shift(); mail; mail = left.shift()) {
      try {
        const { id } = await mailer.sendMail(withFiles(mail));
        process.send?.({ acked: id });
      } catch (error) {
        const { code, ambiguous, message } = error as { code?: string; ambiguous?: boolean; message: string };
        process.send?.({ error: { code, ambiguous, message } });
        if (orders.insist) left.push(mail);
      }
    }
  };
  await Promise.all(Array.from({ length: orders.atATime ?? 1 }, lane));
  process.send?.({ done: true });
  transport.close();
}

main().catch((error: unknown) => {
  process.send?.({ fatal: String(error) });
  process.exitCode = 1;
});
