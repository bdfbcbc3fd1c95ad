import { readMailbox } from '../config/mailbox.js';

/** Largest attachment Exchange takes, in bytes; more than that nobody has stored. */
const LARGEST = 150 * 1024 * 1024;
const MOST_FILES = 1000;

type Given = Record<string, unknown>;

/** Whether it is a head as this package writes it: whoever can write to Redis can put anything there. */
export function isHead(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { mailbox, envelope, messageId, format, route, contentType, inDraft, losses, saveToSentItems, uploads, bodySha256 } = value;
  return (
    isMailbox(mailbox) &&
    isObject(envelope) &&
    (envelope['from'] === false || typeof envelope['from'] === 'string') &&
    isListOf(envelope['to'], (to) => typeof to === 'string') &&
    [messageId, bodySha256].every((text) => typeof text === 'string') &&
    isOneOf(format, ['json', 'mime']) &&
    isOneOf(route, ['sendMail', 'draft']) &&
    isOneOf(contentType, ['application/json', 'text/plain']) &&
    isListOf(inDraft, (name) => typeof name === 'string') &&
    isListOf(losses, (loss) => isObject(loss) && typeof loss['feature'] === 'string') &&
    typeof saveToSentItems === 'boolean' &&
    isListOf(uploads, isUpload) &&
    uploads.length <= MOST_FILES
  );
}

function isMailbox(value: unknown): boolean {
  try {
    return readMailbox(value, 'mailbox', 'EENVELOPE') === value && value !== 'me';
  } catch {
    return false;
  }
}

function isUpload(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { description, size, sha256, ref, where } = value;
  return (
    isObject(description) &&
    typeof description['name'] === 'string' &&
    Number.isInteger(size) &&
    (size as number) >= 0 &&
    (size as number) <= LARGEST &&
    typeof sha256 === 'string' &&
    typeof ref === 'string' &&
    /^[\w-]{1,100}$/.test(ref) &&
    isOneOf(where, ['redis', 'store'])
  );
}

const isObject = (value: unknown): value is Given => typeof value === 'object' && value !== null && !Array.isArray(value);
const isListOf = (value: unknown, fits: (item: unknown) => boolean): value is unknown[] => Array.isArray(value) && value.every(fits);
const isOneOf = (value: unknown, values: readonly unknown[]): boolean => values.includes(value);
