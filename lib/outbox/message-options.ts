import { readDate } from '../base/read-date.js';
import { show } from '../errors/config-error.js';
import { GraphTransportError } from '../errors/graph-transport-error.js';

/** `outbox: {…}` of a message. */
export interface OutboxMessageOptions {
  /**
   * Stands for this one message, such as `invoice-17`: handing it in again changes nothing, for as long as `keep` says after its end.
   * 1 to 200 characters; readable in Redis also where messages are encrypted.
   * @default a new one
   */
  id?: string | undefined;
  /** When to send: a date, an ISO text (of the app's time zone if it names none) or milliseconds since the epoch. @default now, by Redis' clock */
  sendAt?: Date | string | number | undefined;
  /** When it is too late: a date, an ISO text, or milliseconds since the epoch; then the message ends `expired`. @default `expires` of the transport after `sendAt` */
  expires?: Date | string | number | undefined;
  /** 0 to 2097151: 0 before 1 before 2, within a mailbox. @default 0 */
  priority?: number | undefined;
}

export interface MessageOutbox {
  id: string | undefined;
  /** ms since the epoch, as the next one; `undefined`: now, and so long after as the transport says. */
  sendAt: number | undefined;
  expires: number | undefined;
  priority: number;
}

const NAMES = ['id', 'sendAt', 'expires', 'priority'];
/** BullMQ's own. */
const MAX_PRIORITY = 2_097_151;
/** 366 days: a year is far enough ahead for a mail, and a wrong unit is found out. */
const FAR = 366 * 24 * 60 * 60_000;

/** @throws {GraphTransportError} `EMESSAGE` that names the property */
export function readMessageOutbox(value: unknown, { now }: { now: number }): MessageOutbox {
  if (value !== undefined && (typeof value !== 'object' || value === null)) throw refusal(`outbox must be an object, not ${show(value)}`);
  const given = (value ?? {}) as Record<string, unknown>;
  const unknown = Object.keys(given).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw refusal(`outbox.${unknown} is not known; expected ${NAMES.join(', ')}`);
  const { id, priority = 0 } = given;
  // what breaks a list, a terminal or its own encoding
  if (id !== undefined && (typeof id !== 'string' || id.length > 200 || !/[^\s\p{Cf}]/u.test(id) || /[\p{Cc}\p{Cs}\u2028\u2029]/u.test(id)))
    throw refusal(`outbox.id must be a text of 1 to 200 characters, not blank and without control characters, not ${show(id)}`);
  if (typeof priority !== 'number' || !Number.isInteger(priority) || priority < 0 || priority > MAX_PRIORITY)
    throw refusal(`outbox.priority must be a whole number from 0 to ${MAX_PRIORITY}, not ${show(priority)}`);
  const sendAt = readTime(given, 'sendAt', now);
  const expires = readTime(given, 'expires', now);
  if (expires !== undefined && expires <= Math.max(sendAt ?? now, now))
    throw refusal('outbox.expires must be after outbox.sendAt and in the future');
  return { id, sendAt, expires, priority };
}

function readTime(given: Record<string, unknown>, name: string, now: number): number | undefined {
  const value = given[name];
  if (value === undefined) return undefined;
  const date = typeof value === 'number' ? new Date(value) : readDate(value);
  const at = date?.getTime() ?? Number.NaN;
  if (Number.isNaN(at)) throw refusal(`outbox.${name} must be a date, an ISO text or milliseconds since the epoch, not ${show(value)}`);
  if (Math.abs(at - now) > FAR) throw refusal(`outbox.${name} must be within a year, not ${new Date(at).toISOString()}`);
  return at;
}

function refusal(message: string): GraphTransportError {
  return new GraphTransportError('EMESSAGE', `${message}; nothing was queued`, { permanent: true });
}
