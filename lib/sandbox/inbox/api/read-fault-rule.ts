import type { FaultRule, SandboxOperation } from '../../types.js';

const operations = new Set<string>([
  'discovery',
  'token',
  'authorize',
  'deviceCode',
  'sendMail',
  'createDraft',
  'getMessage',
  'getMessageSource',
  'listMessages',
  'updateMessage',
  'deleteMessage',
  'addAttachment',
  'listAttachments',
  'createUploadSession',
  'uploadChunk',
  'getUploadSession',
  'cancelUpload',
  'listMessageTraces',
  'listMessageTraceDetails',
  'listMessageChanges',
  'send',
  'unknown',
] satisfies SandboxOperation[]);
const cuts = new Set(['reset', 'truncate', 'trickle']);
const LONGEST_DELAY = 2 ** 31 - 1;

type Check = (value: unknown) => string | undefined;

const count =
  (least: number, most: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : `a whole number from ${least} to ${most}`;
const text: Check = (value) => (typeof value === 'string' && value.length <= 2000 ? undefined : 'a string');

const checks: Record<string, Check> = {
  operation: (value) =>
    [value].flat().length > 0 && [value].flat().every((entry) => typeof entry === 'string' && operations.has(entry))
      ? undefined
      : `one or several of ${[...operations].join(', ')}`,
  mailbox: text,
  times: (value) => (value === null ? undefined : count(1, 1_000_000)(value)?.concat(', or null for always')),
  skip: count(0, 1_000_000),
  delay: count(0, LONGEST_DELAY),
  accepted: (value) => (typeof value === 'boolean' ? undefined : 'true or false'),
  status: count(200, 599),
  code: text,
  message: text,
  headers: (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.entries(value).every(isHeader)
      ? undefined
      : 'an object of header names and values',
  body: () => undefined,
  cut: (value) => (cuts.has(value as string) ? undefined : 'reset, truncate or trickle'),
};

const isHeader = ([name, value]: [string, unknown]): boolean =>
  /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/.test(name) && typeof value === 'string' && /^[\t\x20-\x7e]{0,1000}$/.test(value);

/** A posted rule; a string says what is wrong with it. */
export function readFaultRule(posted: unknown): FaultRule | string {
  if (typeof posted !== 'object' || posted === null || Array.isArray(posted)) return 'A fault is a JSON object such as {"status":429}.';
  for (const [name, value] of Object.entries(posted)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (!check) return `A fault has no '${name.slice(0, 100)}'; it has ${Object.keys(checks).join(', ')}.`;
    const expected = check(value);
    if (expected !== undefined) return `'${name}' of a fault must be ${expected}.`;
  }
  const { times, ...rule } = posted as Omit<FaultRule, 'times'> & { times?: number | null };
  const { status, cut, delay } = rule;
  if (status === undefined && cut === undefined && !delay) return "A fault needs 'status', 'cut' or 'delay': else it changes nothing.";
  return { ...rule, ...(times === undefined ? {} : { times: times ?? Infinity }) };
}
