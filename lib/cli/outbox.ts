import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import {
  fileStore,
  openOutbox,
  startOutboxWorker,
  type EncryptionKey,
  type Outbox,
  type OutboxMessage,
  type OutboxOptions,
  type OutboxState,
  type OutboxWorker,
} from '../outbox/index.js';
import { addConnectionFlags, CONNECTION_HELP, readConnection, type ConnectionFlags } from './connection.js';
import { printableLine } from './printable.js';
import { describeCheck, describeMessage, describeOutcome, listMessages } from './outbox-report.js';

interface RedisFlags {
  connection?: string;
  prefix?: string;
  encryptionKeyEnv?: string;
  store?: string;
  replicas?: number;
  durability?: 'fsync' | 'memory';
  json?: boolean;
}

interface WorkerFlags extends RedisFlags, ConnectionFlags {
  only?: string[];
  maxConnections?: number;
  rateLimit?: number;
  rateDelta?: number;
  results?: string;
}

const HELP = `
Redis: --connection, else REDIS_URL. Keys are named by the environment variable
that holds them, so that no other user of the machine sees them: 32 bytes in
base64 or hex, or JSON such as {"new":"…"}, of which the last one encrypts.`;

const STATES: OutboxState[] = ['queued', 'sending', 'sent', 'failed', 'ambiguous', 'expired', 'cancelled'];

/** The command `outbox`: a worker, and what people do with messages that are queued. */
export function createOutboxCommand(): Command {
  return new Command('outbox')
    .description('Delivers messages that apps have queued in Redis, and shows what became of them.')
    .enablePositionalOptions()
    .addCommand(createWorkerCommand())
    .addCommand(
      forPeople('list', 'Lists messages, newest first.')
        .addOption(new Option('--state <state>', 'only messages in this state').choices(STATES))
        .option('--mailbox <address>', 'only messages of this mailbox')
        .option('--limit <number>', 'most messages', readNumber, 50)
        .action((flags: RedisFlags & { state?: OutboxState; mailbox?: string; limit: number }) =>
          withOutbox(flags, async (outbox) => {
            const { state, mailbox, limit } = flags;
            const [messages, counts] = [await outbox.list({ state, mailbox, limit }), await outbox.counts()];
            return flags.json ? { counts, messages } : listMessages(messages, counts);
          }),
        ),
    )
    .addCommand(
      forPeople('show', 'Shows all that is known of a message.')
        .argument('<id>', 'its id')
        .action((id: string, flags: RedisFlags) =>
          withOutbox(flags, async (outbox) => {
            const message = await outbox.get(id);
            if (!message) throw new Error(`there is no message "${id}" in the outbox, or it is not remembered any more`);
            return flags.json ? message : describeMessage(message);
          }),
        ),
    )
    .addCommand(
      one('retry', 'Tries a message again that failed or expired; looks again for one that is ambiguous.', (outbox, id) =>
        outbox.retry(id),
      ),
    )
    .addCommand(one('cancel', 'Takes a message out of the queue that is not being sent yet.', (outbox, id) => outbox.cancel(id)))
    .addCommand(
      forPeople('settle', 'Says what became of an ambiguous message; "not-sent" sends it.')
        .argument('<id>', 'its id')
        .argument('<outcome>', 'sent or not-sent', readOutcome)
        .action((id: string, outcome: 'sent' | 'not-sent', flags: RedisFlags) =>
          withOutbox(flags, async (outbox) => shown(await outbox.settle(id, outcome), flags)),
        ),
    )
    .addCommand(
      forPeople('pause', 'Holds a mailbox, or all of them, on all machines.')
        .argument('[mailbox]', 'all of them if there is none')
        .action((mailbox: string | undefined, flags: RedisFlags) =>
          withOutbox(flags, async (outbox) => {
            await outbox.pause(mailbox);
            return flags.json ? { paused: mailbox ?? '*' } : `${mailbox ?? 'All mailboxes'}: paused. Messages are still queued.`;
          }),
        ),
    )
    .addCommand(
      forPeople('resume', 'Ends a pause.')
        .argument('[mailbox]', 'all of them if there is none')
        .action((mailbox: string | undefined, flags: RedisFlags) =>
          withOutbox(flags, async (outbox) => {
            await outbox.resume(mailbox);
            return flags.json ? { resumed: mailbox ?? '*' } : `${mailbox ?? 'All mailboxes'}: goes on.`;
          }),
        ),
    )
    .addCommand(
      forPeople('restored', 'Says that Redis was started over a backup: what waits is looked for first.').action((flags: RedisFlags) =>
        withOutbox(flags, async (outbox) => {
          await outbox.restored();
          return flags.json ? { restored: true } : 'What waits is looked for before it is sent. Now start the workers.';
        }),
      ),
    )
    .addCommand(
      forPeople('check', 'Looks for what can lose or hold up messages; status 1 if there is anything.')
        .option('--repair', 'put back messages whose job is gone')
        .action((flags: RedisFlags & { repair?: boolean }) =>
          withOutbox(flags, async (outbox) => {
            const found = await outbox.check({ repair: flags.repair });
            if (found.problems.length > 0) process.exitCode = 1;
            return flags.json ? found : describeCheck(found);
          }),
        ),
    );
}

function createWorkerCommand(): Command {
  const command = new Command('worker')
    .description('Delivers queued messages until Ctrl+C or SIGTERM; what is on its way then ends first.')
    .option('--only <mailbox>', 'send from this mailbox only, may be repeated', collect)
    .option('--max-connections <number>', 'messages of a mailbox on the way at the same time, over all machines', readNumber)
    .option('--rate-limit <number>', 'messages per --rate-delta and mailbox, over all machines', readNumber)
    .option('--rate-delta <ms>', 'milliseconds that --rate-limit counts over', readNumber)
    .option('--results <queue>', 'BullMQ queue that gets a job for every message that ends');
  return addConnectionFlags(addRedisFlags(command)).addHelpText('after', `${HELP}\n${CONNECTION_HELP}`).action(runWorker);
}

async function runWorker(flags: WorkerFlags): Promise<void> {
  const { only, maxConnections, rateLimit, rateDelta, results, json } = flags;
  const { options: graph, notes } = await readConnection(flags);
  for (const note of notes) console.error(note);
  const worker = await startOutboxWorker({
    ...(await readRedis(flags)),
    graph,
    ...given({ mailboxes: only, maxConnections, rateLimit, rateDelta, results }),
  });
  const say = (event: string, about: object) =>
    console.log(json ? JSON.stringify({ at: new Date(), event, ...about }) : describeOutcome(event, about));
  for (const event of ['sent', 'failed', 'ambiguous'] as const) worker.on(event, (outcome) => say(event, outcome));
  worker.on('held', ({ mailbox, error, until }) => say('held', { mailbox, error: { code: error.code, message: error.message }, until }));
  worker.on('error', (error) => console.error(printableLine(`error: ${error.message}`)));
  if (!json) console.log('The worker runs; Ctrl+C ends it.');
  await ended(worker);
}

/** Resolves when a signal has ended the worker; a second one does not wait for what is on its way. */
function ended(worker: OutboxWorker): Promise<void> {
  return new Promise((resolve, reject) => {
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        worker.close({ force: asked }).then(resolve, reject);
        asked = true;
      });
    }
  });
}

function one(name: string, description: string, act: (outbox: Outbox, id: string) => Promise<OutboxMessage>): Command {
  return forPeople(name, description)
    .argument('<id>', 'its id')
    .action((id: string, flags: RedisFlags) => withOutbox(flags, async (outbox) => shown(await act(outbox, id), flags)));
}

const shown = (message: OutboxMessage, { json }: RedisFlags): object | string => (json ? message : describeMessage(message));

function forPeople(name: string, description: string): Command {
  return addRedisFlags(new Command(name).description(description)).addHelpText('after', HELP);
}

function addRedisFlags(command: Command): Command {
  return command
    .option('--connection <url>', 'where Redis is, such as redis://127.0.0.1:6379 (default: REDIS_URL)')
    .option('--prefix <text>', 'what its keys begin with, as the apps have it')
    .option('--encryption-key-env <name>', 'environment variable that holds the encryption key')
    .option('--store <directory>', 'where large attachments are kept')
    .option('--replicas <number>', 'replicas of Redis that must have a message before it is sent', readNumber)
    .addOption(new Option('--durability <how>', 'memory accepts a Redis that can lose everything').choices(['fsync', 'memory']))
    .option('--json', 'answer as JSON');
}

async function withOutbox(flags: RedisFlags, task: (outbox: Outbox) => Promise<object | string>): Promise<void> {
  const outbox = openOutbox(await readRedis(flags));
  try {
    const answer = await task(outbox);
    console.log(typeof answer === 'string' ? answer : JSON.stringify(answer, undefined, 2));
  } finally {
    await outbox.close();
  }
}

/** Where Redis is, and what is needed to read what stands there. */
async function readRedis({ connection, prefix, encryptionKeyEnv, store, durability, replicas }: RedisFlags): Promise<OutboxOptions> {
  const url = connection ?? process.env['REDIS_URL'];
  if (!url) throw new Error('say where Redis is: --connection redis://… or REDIS_URL');
  const encryptionKey = encryptionKeyEnv === undefined ? undefined : await readKey(encryptionKeyEnv);
  return {
    connection: url,
    ...given({ prefix, encryptionKey, durability, replicas, store: store === undefined ? undefined : fileStore(store) }),
  };
}

async function readKey(name: string): Promise<EncryptionKey> {
  const value = process.env[name];
  // the name is not shown: somebody may have put the key itself there
  if (!value) throw new Error('--encryption-key-env takes the name of an environment variable that is set');
  const text = value.startsWith('/') ? (await readFile(value, 'utf8')).trim() : value.trim();
  if (!text.startsWith('{')) return text;
  try {
    return JSON.parse(text) as Record<string, string>;
  } catch {
    throw new Error('the environment variable of --encryption-key-env holds no JSON object of keys by id');
  }
}

function given<T extends object>(options: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}

function readNumber(value: string): number {
  if (!/^[1-9]\d*$/.test(value)) throw new InvalidArgumentError('It is a whole number of at least 1.');
  return Number(value);
}

function readOutcome(value: string): 'sent' | 'not-sent' {
  if (value === 'sent' || value === 'not-sent') return value;
  throw new InvalidArgumentError('It is sent or not-sent.');
}

const collect = (value: string, previous: string[] = []): string[] => [...previous, value];
