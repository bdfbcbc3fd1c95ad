import type { MessageArguments } from './arguments.js';

/** What sendmail was given, and when: the message is made of it again when it is sent, with the settings of then. */
export interface SpooledMail {
  arguments: MessageArguments;
  /** When it was given. */
  date: Date;
  /** The unique part of a Message-ID, where the message has none: the same in every try. */
  uniqueId: string;
  input: Buffer;
}

/** A file that is no mail of a spool, or one that somebody has changed. */
export class DamagedMailError extends Error {
  override name = 'DamagedMailError';
}

/** As the bytes of one file: a line of JSON, then the input as it came. */
export function writeMail({ arguments: given, date, uniqueId, input }: SpooledMail): Buffer {
  const { recipients, recipientsFromHeader, ignoreDots, sender, fullName } = given;
  const kept = { recipients, recipientsFromHeader, ignoreDots, sender, fullName };
  return Buffer.concat([Buffer.from(`${JSON.stringify({ format: 1, arguments: kept, date, uniqueId })}\n`), input]);
}

/** @throws {DamagedMailError} */
export function readMail(bytes: Buffer): SpooledMail {
  const end = bytes.indexOf('\n');
  if (end < 0) throw new DamagedMailError('the file holds no mail: its first line has no end');
  let head: unknown;
  try {
    head = JSON.parse(bytes.toString('utf8', 0, end));
  } catch {
    throw new DamagedMailError('the file holds no mail: its first line is no JSON');
  }
  const { format, arguments: given, date, uniqueId } = fieldsOf(head);
  if (format !== 1) throw new DamagedMailError('the file is of another version of this program');
  const { recipients, recipientsFromHeader, ignoreDots, sender, fullName } = fieldsOf(given);
  const when = new Date(typeof date === 'string' ? date : NaN);
  if (
    !Array.isArray(recipients) ||
    !recipients.every((one): one is string => typeof one === 'string') ||
    typeof recipientsFromHeader !== 'boolean' ||
    typeof ignoreDots !== 'boolean' ||
    !isTextOrNothing(sender) ||
    !isTextOrNothing(fullName) ||
    typeof uniqueId !== 'string' ||
    !/^[\w-]{1,64}$/.test(uniqueId) ||
    Number.isNaN(when.getTime())
  ) {
    throw new DamagedMailError('the file holds no mail: its first line is not what sendmail writes');
  }
  return {
    arguments: { recipients, recipientsFromHeader, ignoreDots, sender, fullName },
    date: when,
    uniqueId,
    input: bytes.subarray(end + 1),
  };
}

/** What became of a message so far. */
export interface SpoolNote {
  tries: number;
  /** Of the last try, in milliseconds since 1970. */
  at: number;
  /** Of `sysexits.h`. */
  status: number;
  reason: string;
}

/** A note that cannot be read is none. */
export function readNote(text: string): SpoolNote | undefined {
  try {
    const { tries, at, status, reason } = fieldsOf(JSON.parse(text));
    if (typeof tries !== 'number' || typeof at !== 'number' || typeof status !== 'number' || typeof reason !== 'string') return undefined;
    return { tries, at, status, reason };
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function isTextOrNothing(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}
