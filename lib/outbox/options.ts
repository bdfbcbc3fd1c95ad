import { show } from '../errors/config-error.js';
import type { Logger } from '../base/logger.js';
import { readMailbox } from '../config/mailbox.js';
import { readTenantFacts } from '../config/read-tenant-facts.js';
import { readOptions } from '../config/read-options.js';
import type { CommonOptions, GraphTransportOptions, Settings } from '../options.js';
import type { PlanSettings } from '../plan/plan-settings.js';
import type { OutboxStore } from './blob-store.js';
import { outboxConfigError } from './config-error.js';
import { checkConnection, type OutboxConnection } from './redis.js';
import { createSeal, type EncryptionKey, type Seal } from './seal.js';
import type { Durability } from './server.js';

/** What app, workers and people give alike. */
export interface OutboxOptions {
  /** Where Redis is: a URL, options of ioredis, or an ioredis client (used, not closed). */
  connection: OutboxConnection;
  /** What the keys in Redis begin with, the same for app and workers. @default 'graph-outbox' */
  prefix?: string | undefined;
  /** Encrypts messages and addresses in Redis and in the store (AES-256-GCM): 32 bytes, or several by id, of which the last encrypts. @default none */
  encryptionKey?: EncryptionKey | undefined;
  /** Where attachments are kept that are too large for Redis, the same for app and workers. @default none: 10 MB a message at most */
  store?: OutboxStore | undefined;
  /** Milliseconds for which the end of a message is remembered; as long its id stands for it. @default 604800000 (7 days) */
  keep?: number | undefined;
  /** `'memory'` accepts a Redis that loses everything when it stops. @default 'fsync' */
  durability?: Durability | undefined;
  /** Replicas of Redis that must have a message before it is acknowledged, and its mark before it is sent. @default 0 */
  replicas?: number | undefined;
  /** Handed to BullMQ, such as `new BullMQOtel('mail')`. @default none */
  telemetry?: object | undefined;
  /** `true` for Nodemailer's console logger, or a bunyan-style logger. @default false */
  logger?: boolean | Partial<Logger> | undefined;
  /** Component name in log lines. @default 'graph-outbox' */
  component?: string | undefined;
}

/** What `outboxTransport()` takes: no secret of Graph is among it. */
export interface OutboxTransportOptions
  extends
    OutboxOptions,
    Pick<CommonOptions, 'mailbox' | 'saveToSentItems' | 'format' | 'route' | 'onLoss' | 'tenantFacts' | 'maxRecipients' | 'socketTimeout'> {
  /** Milliseconds after `sendAt` in which a message must have been sent; then it ends `expired`. @default 259200000 (3 days) */
  expires?: number | undefined;
  /** Milliseconds for Redis to take a message, then `ETIMEDOUT`. @default 10000 */
  timeout?: number | undefined;
}

/** What `startOutboxWorker()` takes. */
export interface OutboxWorkerOptions extends OutboxOptions {
  /** Sign-in, cloud, network and timeouts, as `graphTransport()` takes them. @default the environment signs in */
  graph?: GraphTransportOptions | CommonOptions | string | undefined;
  /** Mailboxes this worker may send from; others are left to other workers. @default all that the app may use */
  mailboxes?: readonly string[] | undefined;
  /** Messages of one mailbox on the way at the same time, over all machines; Exchange allows 4. @default 4 */
  maxConnections?: number | undefined;
  /** Messages per `rateDelta` and mailbox, over all machines. @default no limit */
  rateLimit?: number | undefined;
  /** Milliseconds that `rateLimit` counts over. @default 1000 */
  rateDelta?: number | undefined;
  /** Milliseconds without a word from Redis after which a message belongs to nobody; a dead worker's messages are taken over after it. @default 30000 */
  lockDuration?: number | undefined;
  /** Milliseconds for which the outcome of a message is looked for before it ends `ambiguous`. @default 900000 (15 minutes) */
  settleTime?: number | undefined;
  /** Milliseconds after a restart of Redis in which a message that is not in Sent Items may still appear there; not used where Redis loses nothing. @default 30000 */
  sentCopyDelay?: number | undefined;
  /** Milliseconds a mailbox is held at first for a refusal of the sign-in or a missing grant; doubles up to 15 minutes. @default 30000 */
  holdDelay?: number | undefined;
  /** Name of a BullMQ queue (with BullMQ's own prefix `bull`) that gets a job for every message that ends. @default none */
  results?: string | undefined;
}

/** {@link OutboxOptions}, checked and with their defaults. */
export interface OutboxSettings {
  readonly connection: OutboxConnection;
  readonly prefix: string;
  readonly seal: Seal;
  readonly store: OutboxStore | undefined;
  readonly keep: number;
  readonly durability: Durability;
  readonly replicas: number;
  readonly telemetry: object | undefined;
  readonly logger: boolean | Partial<Logger>;
  readonly component: string;
}

export interface OutboxTransportSettings extends OutboxSettings {
  readonly plan: PlanSettings;
  readonly expires: number;
  readonly timeout: number;
}

export interface OutboxWorkerSettings extends OutboxSettings {
  readonly graph: Settings;
  readonly mailboxes: ReadonlySet<string> | undefined;
  readonly maxConnections: number;
  readonly rateLimit: number | undefined;
  readonly rateDelta: number;
  readonly lockDuration: number;
  readonly settleTime: number;
  readonly sentCopyDelay: number;
  readonly holdDelay: number;
  readonly results: string | undefined;
}

const COMMON = ['connection', 'prefix', 'encryptionKey', 'store', 'keep', 'durability', 'replicas', 'telemetry', 'logger', 'component'];
const TRANSPORT = [
  'mailbox',
  'saveToSentItems',
  'format',
  'route',
  'onLoss',
  'tenantFacts',
  'maxRecipients',
  'socketTimeout',
  'expires',
  'timeout',
];
const WORKER = [
  ...['graph', 'mailboxes', 'maxConnections', 'rateLimit', 'rateDelta'],
  ...['lockDuration', 'settleTime', 'sentCopyDelay', 'holdDelay', 'results'],
];
/** What belongs to the worker, although `graphTransport()` takes it. */
const SIGN_IN = ['tenantId', 'clientId', 'clientSecret', 'clientCertificate', 'credential'];

const DAY = 24 * 60 * 60_000;
/** The longest a timer can wait would be 25 days; these are times in Redis, which end later. */
const MOST_DAYS = 366 * DAY;

type Given = Record<string, unknown>;

/** @throws {GraphTransportError} `ECONFIG` that names the option, what was expected and what came */
export function readOutboxOptions(input: OutboxOptions): OutboxSettings {
  const given = objectOf(input, 'openOutbox', COMMON);
  return readCommon(given);
}

/** @throws {GraphTransportError} `ECONFIG` that names the option, what was expected and what came */
export function readTransportOptions(input: OutboxTransportOptions): OutboxTransportSettings {
  const given = objectOf(input, 'outboxTransport', [...COMMON, ...TRANSPORT]);
  const mailbox = given['mailbox'] === undefined ? undefined : readMailbox(given['mailbox'], 'mailbox', 'ECONFIG');
  if (mailbox === 'me') throw outboxConfigError(`"mailbox: 'me'" cannot be queued: nobody is signed in here, so name the mailbox`);
  return {
    ...readCommon(given),
    plan: {
      mailbox,
      saveToSentItems: choice(given, 'saveToSentItems', [true, false], true),
      format: choice(given, 'format', ['auto', 'json', 'mime'], 'auto'),
      route: choice(given, 'route', ['auto', 'sendMail', 'draft'], 'auto'),
      onLoss: choice(given, 'onLoss', ['warn', 'error', 'ignore'], 'warn'),
      tenantFacts: readTenantFacts(given['tenantFacts']),
      maxRecipients: integer(given, 'maxRecipients', 500, 1),
      socketTimeout: integer(given, 'socketTimeout', 120_000, 1),
      signIn: { kind: 'outbox' },
    },
    expires: integer(given, 'expires', 3 * DAY, 1000, MOST_DAYS),
    timeout: integer(given, 'timeout', 10_000, 1),
  };
}

/** @throws {GraphTransportError} `ECONFIG` that names the option, what was expected and what came */
export function readWorkerOptions(input: OutboxWorkerOptions): OutboxWorkerSettings {
  const given = objectOf(input, 'startOutboxWorker', [...COMMON, ...WORKER]);
  const common = readCommon(given);
  const graph = readGraph(given['graph'] as OutboxWorkerOptions['graph']);
  const { mailboxes } = given;
  if (mailboxes !== undefined && (!Array.isArray(mailboxes) || mailboxes.length === 0))
    throw outboxConfigError(`"mailboxes" must be a list of mailboxes such as ['noreply@contoso.com'], not ${show(mailboxes)}`);
  const rateLimit = given['rateLimit'] ?? graph.rateLimit;
  return {
    ...common,
    graph,
    mailboxes:
      mailboxes &&
      new Set((mailboxes as unknown[]).map((mailbox, index) => readMailbox(mailbox, `mailboxes[${index}]`, 'ECONFIG').toLowerCase())),
    maxConnections: integer(given, 'maxConnections', graph.maxConnections, 1),
    rateLimit: rateLimit === undefined || rateLimit === false ? undefined : integer({ rateLimit }, 'rateLimit', 0, 1),
    rateDelta: integer(given, 'rateDelta', graph.rateDelta, 1),
    lockDuration: integer(given, 'lockDuration', 30_000, 1000),
    settleTime: integer(given, 'settleTime', 15 * 60_000, 0),
    sentCopyDelay: integer(given, 'sentCopyDelay', 30_000, 0),
    holdDelay: integer(given, 'holdDelay', 30_000, 100),
    results: readResults(given['results']),
  };
}

/** Shorter requests than usual: for as long as one may be under way, a dead worker's message waits for its successor. */
const REQUEST_TIMEOUT = 60_000;

function readGraph(given: OutboxWorkerOptions['graph']): Settings {
  const settings = readOptions(given);
  const set = typeof given === 'string' ? /requestTimeout=/.test(given) : given?.requestTimeout !== undefined;
  return set ? settings : { ...settings, requestTimeout: REQUEST_TIMEOUT };
}

function readResults(value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'string' && /^[^:]+$/.test(value))) return value;
  throw outboxConfigError(`"results" must be the name of a BullMQ queue, without ":", not ${show(value)}`);
}

function readCommon(given: Given): OutboxSettings {
  checkConnection(given['connection']);
  return {
    connection: given['connection'],
    prefix: readPrefix(given['prefix']),
    seal: createSeal(given['encryptionKey'] as EncryptionKey | undefined),
    store: readStore(given['store']),
    keep: integer(given, 'keep', 7 * DAY, 1000, MOST_DAYS),
    durability: choice(given, 'durability', ['fsync', 'memory'], 'fsync'),
    replicas: integer(given, 'replicas', 0, 0, 100),
    telemetry: readObject(given, 'telemetry'),
    logger: readLogger(given['logger']),
    component: readText(given, 'component') ?? 'graph-outbox',
  };
}

function objectOf(input: unknown, what: string, names: readonly string[]): Given {
  if (typeof input !== 'object' || input === null)
    throw outboxConfigError(`${what}() needs options such as { connection }, not ${show(input)}`);
  const given = input as Given;
  for (const name of Object.keys(given)) {
    if (given[name] === undefined || names.includes(name)) continue;
    if (what === 'outboxTransport' && SIGN_IN.includes(name))
      throw outboxConfigError(
        `"${name}" belongs to the worker: the app needs no sign-in to Graph, so give it to startOutboxWorker({ graph })`,
      );
    if (what === 'startOutboxWorker' && SIGN_IN.includes(name))
      throw outboxConfigError(`"${name}" belongs into "graph": { graph: { ${name} } }`);
    if (what === 'outboxTransport' && WORKER.includes(name))
      throw outboxConfigError(`"${name}" belongs to the workers: give it to startOutboxWorker()`);
    const known = names.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
    throw outboxConfigError(`unknown option "${name}"${known ? `; did you mean "${known}"?` : ''}`);
  }
  return given;
}

function readPrefix(value: unknown): string {
  if (value === undefined) return 'graph-outbox';
  const text = typeof value === 'string' ? value.replace(/^\{(.*)\}$/, '$1') : '';
  if (/^[\w.:-]{1,100}$/.test(text)) return text;
  throw outboxConfigError(`"prefix" must be 1 to 100 letters, digits, ".", "-", "_" or ":", not ${show(value)}`);
}

function readStore(value: unknown): OutboxStore | undefined {
  if (value === undefined) return undefined;
  const { put, get, delete: remove } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if ([put, get, remove].every((method) => typeof method === 'function')) return value as OutboxStore;
  throw outboxConfigError(`"store" must have the methods put(), get() and delete(), such as fileStore(directory), not ${show(value)}`);
}

function readObject(given: Given, name: string): object | undefined {
  const value = given[name];
  if (value === undefined || (typeof value === 'object' && value !== null)) return value;
  throw outboxConfigError(`"${name}" must be an object, not ${show(value)}`);
}

function readText(given: Given, name: string): string | undefined {
  const value = given[name];
  if (value === undefined || (typeof value === 'string' && value !== '')) return value;
  throw outboxConfigError(`"${name}" must be a non-empty string, not ${show(value)}`);
}

function readLogger(value: unknown): boolean | Partial<Logger> {
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean' || typeof value === 'object') return value;
  throw outboxConfigError(`"logger" must be true, false or a bunyan-style logger, not ${show(value)}`);
}

function integer(given: Given, name: string, byDefault: number, least: number, most = 2_147_483_647): number {
  const value = given[name];
  if (value === undefined) return byDefault;
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw outboxConfigError(`"${name}" must be a whole number from ${least} to ${most}, not ${show(value)}`);
}

function choice<T extends string | boolean>(given: Given, name: string, values: readonly T[], byDefault: T): T {
  const value = given[name];
  if (value === undefined) return byDefault;
  if (values.includes(value as T)) return value as T;
  const expected = values.map((item) => (typeof item === 'string' ? `'${item}'` : String(item))).join(', ');
  throw outboxConfigError(`"${name}" must be one of ${expected}, not ${show(value)}`);
}
