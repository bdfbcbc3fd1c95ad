import { randomUUID } from 'node:crypto';
import type { Route } from '../prepared/prepared-message.js';
import type { Keys } from './keys.js';
import type { Connection } from './redis.js';

/** Where a message is. `queued` and `sending` are on their way; the others are final, until a person says otherwise. */
export type OutboxState = 'queued' | 'sending' | 'sent' | 'failed' | 'ambiguous' | 'expired' | 'cancelled';

export const STATES: readonly OutboxState[] = ['queued', 'sending', 'sent', 'failed', 'ambiguous', 'expired', 'cancelled'];

/** Milliseconds after which a worker counts as gone. */
const SEEN = 60_000;

/** The newest form of stored messages this package can send. */
export const PAYLOAD_VERSION = 1;

export interface NewRecord {
  id: string;
  /** Tells an attempt that is sent twice by the connection from another one. */
  nonce: string;
  queue: string;
  head: Buffer;
  body: Buffer;
  /** ms since the epoch, as the next one; now, by Redis' clock, if there is none. */
  sendAt: number | undefined;
  expires: number | undefined;
  /** ms after `sendAt` that stand for `expires` if there is none. */
  valid: number;
  /** ms for which it is remembered after that. */
  keep: number;
  priority: number;
  /** As it is to be shown, sealed where it must not be readable. */
  mailbox: Buffer;
  route: Route;
  /** Keys of the pieces of its files in Redis. */
  pieces: readonly string[];
}

/** What became of a message that was to be stored: `created`, it was not known; `run`, which server has it. */
export type Stored = { kind: 'stored'; created: boolean; state: OutboxState; head: Buffer; run: string } | { kind: 'filesGone' };

/** What an activation finds of a message that is its own from now on. */
export interface Claimed {
  kind: 'mine';
  state: 'queued' | 'sending';
  /** The owner's mark: whoever has another one changes nothing any more. */
  fence: string;
  /** How often it was taken. */
  tries: number;
  /** The owner before did not hand it back. */
  dirty: boolean;
  /** Another server rules since the record was last written: Redis was started anew, or a replica took over. */
  runChanged: boolean;
  /** … and what was written after it may be lost. */
  lossy: boolean;
  draftId: string;
  /** When nothing of the last request can be under way any more. */
  until: number;
  expires: number;
  /** Since when it is looked for in vain; `0` for not yet. */
  lookFrom: number;
  /** Redis' clock. */
  now: number;
  /** Milliseconds since Redis may have lost something. */
  sinceLoss: number;
  /** Milliseconds the mailbox is still held. */
  pause: number;
  head: Buffer;
  /** Which server has it. */
  run: string;
  sendAt: number;
  /** A person has said that it was not sent: the mailbox is asked first. */
  look: boolean;
}

export type Claim =
  | Claimed
  | { kind: 'missing' }
  | { kind: 'final'; state: OutboxState; dirty: boolean; head: Buffer }
  | { kind: 'newer'; version: number }
  | { kind: 'early'; ms: number }
  | { kind: 'full' }
  | { kind: 'paused' };

export type Mark = { kind: 'ok'; run: string } | { kind: 'lost'; state: string } | { kind: 'wait'; ms: number };

/** The records of messages, which decide what may be sent; BullMQ only decides who tries next. */
export function createRecords({ run, runBuffer, client }: Connection, keys: Keys) {
  const at = (id: string) => [keys.record(id), keys.prefix, id] as const;
  // how many requests that send were allowed, as far as this process has heard: a Redis that knows of fewer has an older state
  let [heard, heardIn] = [0, ''];
  const hear = (marks: unknown, server: string): void => {
    if (Number(marks) >= heard) [heard, heardIn] = [Number(marks), server];
  };
  return {
    /** Stores a message that does not count yet. `created`: it was not known. */
    async enqueue(record: NewRecord): Promise<Stored> {
      const { id, nonce, queue, head, body, sendAt, expires, valid, keep, priority, mailbox, route, pieces } = record;
      const [kind, state, stored, server] = (await runBuffer('enqueue', [
        keys.record(id),
        keys.body(id),
        keys.prefix,
        id,
        nonce,
        PAYLOAD_VERSION,
        queue,
        head,
        body,
        sendAt ?? '',
        expires ?? '',
        valid,
        keep,
        priority,
        mailbox,
        route,
        ...pieces,
      ])) as [number, Buffer, Buffer, Buffer];
      if (kind === 2) return { kind: 'filesGone' };
      return { kind: 'stored', created: kind === 1, state: String(state) as OutboxState, head: stored, run: String(server) };
    },

    /** From now on it counts; `state` is empty if it is not there. */
    async commit(id: string): Promise<{ state: OutboxState | ''; run: string }> {
      const [state, server] = (await run('commit', at(id))) as [OutboxState | '', string];
      return { state, run: server };
    },

    /** @param lossless whether a mere restart of the server loses nothing */
    async claim(id: string, { most, lossless }: { most: number; lossless: boolean }): Promise<Claim> {
      const fence = randomUUID();
      const args = [...at(id), PAYLOAD_VERSION, most, lossless ? 1 : 0, fence, heard, heardIn];
      const [kind, ...values] = (await runBuffer('claim', args)) as [Buffer, ...(Buffer | number)[]];
      switch (String(kind)) {
        case 'missing':
          return { kind: 'missing' };
        case 'final':
          return { kind: 'final', state: String(values[0]) as OutboxState, dirty: String(values[1]) === '1', head: values[2] as Buffer };
        case 'newer':
          return { kind: 'newer', version: Number(values[0]) };
        case 'early':
          return { kind: 'early', ms: Number(values[0]) };
        case 'full':
          return { kind: 'full' };
        case 'paused':
          return { kind: 'paused' };
      }
      const [state, tries, dirty, runChanged, lossy, draftId, until, expires, lookFrom, now, sinceLoss, pause, head, server, sendAt, look] =
        values;
      return {
        kind: 'mine',
        state: String(state) as 'queued' | 'sending',
        fence,
        tries: Number(tries),
        dirty: String(dirty) === '1',
        runChanged: Number(runChanged) === 1,
        lossy: Number(lossy) === 1,
        draftId: String(draftId),
        until: Number(until),
        expires: Number(expires),
        lookFrom: Number(lookFrom),
        now: Number(now),
        sinceLoss: Number(sinceLoss),
        pause: Number(pause),
        head: head as Buffer,
        run: String(server),
        sendAt: Number(sendAt),
        look: String(look) === '1',
      };
    },

    /** Allows one request that sends; without it nothing is sent. */
    async mark(id: string, { fence, draftId, safe, rateLimit, rateDelta, attempt }: MarkOptions): Promise<Mark> {
      const [kind, value, marks] = (await run('mark', [...at(id), fence, draftId ?? '', safe, rateLimit ?? 0, rateDelta, attempt])) as [
        string,
        string,
        string?,
      ];
      if (marks !== undefined) hear(marks, value);
      if (kind === 'lost') return { kind, state: value };
      return kind === 'wait' ? { kind, ms: Number(value) } : { kind: 'ok', run: value };
    },

    /** Whether it is still ours, and what stands there in any case. */
    async renew(id: string, fence: string): Promise<{ mine: boolean; pause: number; draftId: string; run: string }> {
      const [mine, pause, draftId, server] = (await run('renew', [...at(id), fence])) as [number, number, string, string];
      return { mine: mine === 1, pause, draftId, run: server };
    },

    /** Back into the queue; `dirty`: a draft may be left. → which server has it, `undefined` if it is not ours. */
    async release(id: string, fence: string, { dirty, forgetAt }: { dirty: boolean; forgetAt: number }): Promise<string | undefined> {
      return String(await run('release', [...at(id), fence, dirty ? 1 : 0, forgetAt])) || undefined;
    },

    /** Looked for in vain; since when. `relax`: nothing of the last request can be under way so many ms from now. */
    async looked(id: string, fence: string, relax?: number): Promise<number> {
      return Number(await run('looked', [...at(id), fence, relax ?? '']));
    },

    /** → the state before; `undefined` if it was known already. */
    async sent(id: string, { info, keep, queue }: { info: Buffer; keep: number; queue: string }): Promise<string | undefined> {
      return String(await run('sent', [...at(id), info, keep, queue])) || undefined;
    },

    async end(id: string, fence: string, state: 'failed' | 'ambiguous' | 'expired', info: Buffer, keep: number): Promise<boolean> {
      return (await run('end', [...at(id), fence, state, info, keep])) === 1;
    },

    /** `dirty`: a draft may be left. */
    async cancel(id: string, info: Buffer, keep: number): Promise<{ state: OutboxState | ''; dirty: boolean }> {
      const [state, dirty] = (await run('cancel', [...at(id), info, keep])) as [string, number];
      return { state: state as OutboxState | '', dirty: dirty === 1 };
    },

    async tidied(id: string): Promise<void> {
      await run('tidied', at(id));
    },

    async reopen(
      id: string,
      how: 'retry' | 'sent' | 'not-sent',
      { info, keep, valid }: { info: Buffer; keep: number; valid: number },
    ): Promise<OutboxState | 'gone' | ''> {
      return String(await run('reopen', [...at(id), how, info, keep, valid])) as OutboxState | 'gone' | '';
    },

    async body(id: string): Promise<Buffer | undefined> {
      return ((await client.callBuffer('GET', keys.body(id))) as Buffer | null) ?? undefined;
    },

    /** The fields of a record; `undefined` if there is none. */
    async read(id: string): Promise<Record<string, Buffer> | undefined> {
      const flat = (await client.callBuffer('HGETALL', keys.record(id))) as Buffer[];
      if (flat.length === 0) return undefined;
      return Object.fromEntries(flat.flatMap((name, index) => (index % 2 === 0 ? [[String(name), flat[index + 1] as Buffer]] : [])));
    },

    /** Holds a mailbox on all machines: for `ms`, or growing from `first` to `most` where the cause is not a matter of time. */
    async hold(queue: string, { ms, first = 0, most = 0 }: { ms: number; first?: number; most?: number }) {
      const limiter = `${keys.prefix}:${queue}:limiter`;
      const [left, times, changed] = (await run('hold', [limiter, keys.prefix, queue, Math.round(ms), first, most])) as [
        number,
        number,
        number,
      ];
      return { ms: left, times, changed: changed === 1 };
    },

    /** Sets the limits of these queues, each with its sealed mailbox; → how many had none. */
    async limits(queues: ReadonlyMap<string, Buffer>, most: number): Promise<number> {
      if (queues.size === 0) return 0;
      return Number(await run('limits', [keys.paused, keys.prefix, most, ...[...queues].flat()]));
    },

    /** Says that a worker lives. `last`: when it said so last, `0` for never. `lost`: Redis holds less than it did then. */
    async beat(worker: string, last: number): Promise<{ lost: boolean; at: number }> {
      const args = [keys.workers, keys.prefix, worker, last, heard, heardIn];
      const [lost, now, marks, server] = (await run('beat', args)) as [number, string, string, string];
      hear(marks, server);
      return { lost: lost === 1, at: Number(now) };
    },

    /** What was written before is looked for before it is sent. */
    async restored(): Promise<void> {
      await run('restored', [keys.reign, keys.prefix, '']);
    },

    /** How many workers were seen within a minute, and what the server's clock says. */
    async seen(): Promise<{ workers: number; now: number }> {
      const [workers, now] = (await run('seen', [keys.workers, SEEN])) as [number, string];
      return { workers, now: Number(now) };
    },

    /** Asks for room for bytes of uploads; → ms to wait, `0` if it was taken. */
    async bytes(queue: string, bytes: number, { most, window, member }: { most: number; window: number; member: string }): Promise<number> {
      return Number(await run('bytes', [`${keys.prefix}:bytes:${queue}`, bytes, most, window, member]));
    },
  };
}

export interface MarkOptions {
  fence: string;
  draftId: string | undefined;
  /** ms from now on until nothing of the request can be under way any more. */
  safe: number;
  rateLimit: number | undefined;
  rateDelta: number;
  /** Which try of this owner: one that is repeated by the connection counts once. */
  attempt: number;
}

export type Records = ReturnType<typeof createRecords>;
