/** How a message gets to Graph; `mimeDraft`: a MIME draft that attachments are added to afterwards. */
export type Way = 'json' | 'mime' | 'mimeDraft';
export const WAYS: readonly Way[] = ['json', 'mime', 'mimeDraft'];

/** What `prove` measures, by the names losses have. */
export type ProvableFeature =
  'text' | 'icalEvent' | 'fromName' | 'from' | 'xHeaders' | 'moreXHeaders' | 'customHeaders' | 'listHeaders' | 'threading' | 'ownMessageId';
export const PROVABLE: readonly ProvableFeature[] = [
  'text',
  'icalEvent',
  'fromName',
  'from',
  'xHeaders',
  'moreXHeaders',
  'customHeaders',
  'listHeaders',
  'threading',
  'ownMessageId',
];

/** What became of something on the way; `missing`: the message was not seen in time. */
export type Outcome = 'kept' | 'changed' | 'lost' | 'missing';
const OUTCOMES: readonly Outcome[] = ['kept', 'changed', 'lost', 'missing'];

/** One thing that was measured. */
export interface MeasuredPoint {
  /** What it is about. */
  readonly feature: ProvableFeature;
  /** How it was sent. */
  readonly way: Way;
  /** What this library says without a measurement. */
  readonly claimed: 'kept' | 'lost';
  /** What the mailbox got that the message was sent to from itself. */
  readonly inside?: Outcome | undefined;
  /** What another provider's mailbox got. */
  readonly outside?: Outcome | undefined;
}

/** What Graph answered where nobody knows for certain; each only where it was asked. */
export interface MeasuredAnswers {
  /** Smallest file an upload session was made for, in MiB; 0 where none of 1 to 3 was. */
  readonly uploadSessionFrom?: number | undefined;
  /** Whether the immutable id of a draft finds the message once it is sent. */
  readonly draftId?: 'kept' | 'lost' | undefined;
  /** A second `POST /send` of a sent message: Graph's answer, such as `404 ErrorItemNotFound`. */
  readonly secondSend?: string | undefined;
  /** Copies that arrived of it. */
  readonly secondSendCopies?: number | undefined;
  /** A message to 501 recipients: Graph's answer. */
  readonly tooManyRecipients?: string | undefined;
  /** Requests at a time that all were answered; the most that were tried is 8. */
  readonly concurrency?: number | undefined;
}

/** What `prove` writes: how a tenant treats mail. Holds no addresses and no ids. */
export interface TenantReport {
  readonly tool: 'nodemailer-graph-transport prove';
  /** Of this format. */
  readonly version: 1;
  /** The day, as `2026-11-26`. */
  readonly made: string;
  /** Version of this library. */
  readonly library: string;
  /** Microsoft's cloud the tenant is in, `'other'` for hosts of your own. */
  readonly cloud: string;
  readonly points: readonly MeasuredPoint[];
  readonly answers: MeasuredAnswers;
}

export const REPORT_TOOL = 'nodemailer-graph-transport prove';
export const REPORT_VERSION = 1;

/** What is carried on a tenant, where it was measured. */
export type TenantFacts = Readonly<Partial<Record<ProvableFeature, Readonly<Partial<Record<Way, 'yes' | 'loss'>>>>>>;

/**
 * A mailbox inside Exchange keeps one body, whatever the transport (SMTP included), and makes an appointment of an invitation: what is
 * missing there says nothing about what others get.
 */
const REBUILT_INSIDE: ReadonlySet<ProvableFeature> = new Set<ProvableFeature>(['text', 'icalEvent']);

/** What a measurement settles; `undefined`: nothing, so that the claim stands. */
export function settledBy({ feature, inside, outside }: Pick<MeasuredPoint, 'feature' | 'inside' | 'outside'>): 'yes' | 'loss' | undefined {
  if (outside !== undefined && outside !== 'missing') return outside === 'kept' ? 'yes' : 'loss';
  if (inside === undefined || inside === 'missing') return undefined;
  if (inside === 'kept') return 'yes';
  return REBUILT_INSIDE.has(feature) ? undefined : 'loss';
}

/**
 * The facts a report holds. An alias that arrives says nothing about other addresses a mailbox may send as, so that it takes no loss
 * back; one that does not arrive is a loss.
 */
export function factsOf({ points }: Pick<TenantReport, 'points'>): TenantFacts {
  const facts: Partial<Record<ProvableFeature, Partial<Record<Way, 'yes' | 'loss'>>>> = {};
  for (const point of points) {
    const settled = settledBy(point);
    if (settled === undefined || (point.feature === 'from' && settled === 'yes')) continue;
    facts[point.feature] = { ...facts[point.feature], [point.way]: settled };
  }
  return facts;
}

/** What is wrong with something that should be a report. */
export interface ReportProblem {
  /** Such as `points[3].way`; empty for the whole. */
  field: string;
  expected: string;
  got: unknown;
}

type Check = (value: unknown) => boolean;
interface Field {
  expected: string;
  check: Check;
  optional?: boolean;
}

const oneOf = (values: readonly unknown[]): Omit<Field, 'optional'> => ({
  expected: `one of ${values.map((value) => `'${String(value)}'`).join(', ')}`,
  check: (value) => values.includes(value),
});
const matching = (expected: string, pattern: RegExp): Field => ({
  expected,
  check: (value) => typeof value === 'string' && pattern.test(value),
});
const whole = (most: number): Field => ({
  expected: `a whole number from 0 to ${most}`,
  check: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most,
  optional: true,
});
const answer: Field = {
  ...matching("an HTTP status and a code, such as '404 ErrorItemNotFound'", /^\d{3}( [\w.-]{1,80})?$/),
  optional: true,
};

const REPORT: Record<keyof TenantReport, Field> = {
  tool: oneOf([REPORT_TOOL]),
  version: { ...oneOf([REPORT_VERSION]), expected: `${REPORT_VERSION}, the version this library reads` },
  made: matching("a day such as '2026-11-26'", /^\d{4}-\d\d-\d\d$/),
  library: matching("a version such as '1.0.0'", /^\d+\.\d+\.\d+[\w.+-]*$/),
  cloud: matching("a name such as 'global'", /^[\w-]{1,40}$/),
  points: { expected: 'an array', check: Array.isArray },
  answers: { expected: 'an object', check: isObject },
};
const POINT: Record<keyof MeasuredPoint, Field> = {
  feature: oneOf(PROVABLE),
  way: oneOf(WAYS),
  claimed: oneOf(['kept', 'lost']),
  inside: { ...oneOf(OUTCOMES), optional: true },
  outside: { ...oneOf(OUTCOMES), optional: true },
};
const ANSWERS: Record<keyof MeasuredAnswers, Field> = {
  uploadSessionFrom: whole(150),
  draftId: { ...oneOf(['kept', 'lost']), optional: true },
  secondSend: answer,
  secondSendCopies: whole(100),
  tooManyRecipients: answer,
  concurrency: whole(8),
};

/** Looks at something that should be a report: every field, no other ones, no point twice. `undefined` if it is one. */
export function findReportProblem(value: unknown): ReportProblem | undefined {
  const found = problemIn(value, REPORT, '');
  if (found) return found;
  const report = value as TenantReport;
  const seen = new Set<string>();
  for (const [at, point] of report.points.entries()) {
    const field = `points[${at}]`;
    const problem = problemIn(point, POINT, field);
    if (problem) return problem;
    const key = `${point.feature} ${point.way}`;
    if (seen.has(key)) return { field, expected: 'a feature and way that were not there before', got: key };
    seen.add(key);
  }
  return problemIn(report.answers, ANSWERS, 'answers');
}

function problemIn(value: unknown, fields: Record<string, Field>, at: string): ReportProblem | undefined {
  if (!isObject(value)) return { field: at, expected: 'an object', got: value };
  const path = (name: string): string => (at === '' ? name : `${at}.${name}`);
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined) return { field: path(unknown), expected: `one of ${Object.keys(fields).join(', ')}`, got: value[unknown] };
  for (const [name, { check, expected, optional }] of Object.entries(fields)) {
    const got = Object.hasOwn(value, name) ? value[name] : undefined;
    if ((got === undefined && optional) || check(got)) continue;
    return { field: path(name), expected, got };
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
