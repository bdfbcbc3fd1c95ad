import { createHash } from 'node:crypto';

/** Names of everything the outbox keeps in Redis. One hash tag: in a cluster all of it shares a slot, as scripts and BullMQ need. */
export interface Keys {
  /** Prefix of BullMQ's keys and ours, with its hash tag. */
  readonly prefix: string;
  record(id: string): string;
  body(id: string): string;
  /** A piece of an upload. */
  piece(ref: string, index: number): string;
  /** Hash: queue → mailbox. */
  readonly mailboxes: string;
  /** Sorted set: worker → when it was seen. */
  readonly workers: string;
  /** Hash: queue → how often it was held in a row. */
  readonly holds: string;
  /** Hash: which server rules, and when something may have been lost. */
  readonly reign: string;
  /** Hash: what workers have found out for apps. */
  readonly facts: string;
  /** Set of paused queues; `*` for all. */
  readonly paused: string;
  /** Sorted set of the messages in a state, by time. */
  state(state: string): string;
}

export function createKeys(prefix: string): Keys {
  const base = `{${prefix}}`;
  return {
    prefix: base,
    record: (id) => `${base}:m:${id}`,
    body: (id) => `${base}:b:${id}`,
    piece: (ref, index) => `${base}:u:${ref}:${index}`,
    mailboxes: `${base}:mailboxes`,
    workers: `${base}:workers`,
    holds: `${base}:holds`,
    reign: `${base}:reign`,
    facts: `${base}:facts`,
    paused: `${base}:paused`,
    state: (state) => `${base}:s:${state}`,
  };
}

/**
 * BullMQ's name for a mailbox's queue. A person reads it in a dashboard, so it is the address; where addresses must not be readable in
 * Redis it is a digest. Not keyed: with another key the mailbox would get a second queue, and so twice the requests at a time.
 */
export function queueName(mailbox: string, readable: boolean): string {
  const name = mailbox.toLowerCase();
  // BullMQ allows no ":", and the hash tag's braces belong to the prefix
  if (readable) return name.replace(/[%:{}]/g, encodeURIComponent);
  return `mailbox-${createHash('sha256').update(name).digest('hex').slice(0, 20)}`;
}

/** BullMQ's id for a message: it takes neither whole numbers nor ":". */
export function jobId(id: string): string {
  return `m.${encodeURIComponent(id)}`;
}

/** The message's id of a BullMQ job. */
export function messageIdOf(job: string): string {
  return decodeURIComponent(job.slice('m.'.length));
}
