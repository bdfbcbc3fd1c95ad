import type { MeasuredPoint, ProvableFeature, TenantReport, Way } from '../prepared/tenant-facts.js';
import type { LeftOver } from '../prove/clean-up.js';
import { verdictOf, type Verdict } from '../prove/report.js';

const WHAT: Readonly<Record<ProvableFeature, string>> = {
  text: 'text beside the html',
  icalEvent: 'calendar and its method',
  fromName: 'name in From',
  from: 'alias as From',
  xHeaders: 'x- headers',
  moreXHeaders: 'x- headers from the 6th',
  customHeaders: 'other headers of your own',
  listHeaders: 'List-* headers',
  threading: 'In-Reply-To, References',
  ownMessageId: 'Message-ID',
};
const HOW: Readonly<Record<Way, string>> = { json: 'JSON', mime: 'MIME', mimeDraft: 'MIME, later' };
/** With two blanks between them 79 characters. */
const WIDTHS = [25, 11, 7, 7, 7, 12];

/** The report as a table of 80 columns. @param refused messages Graph refused, by their names */
export function renderReport(report: TenantReport, refused: ReadonlyMap<string, string> = new Map()): string {
  const { points } = report;
  const rows = points.map((point) => [
    WHAT[point.feature],
    HOW[point.way],
    point.claimed,
    point.inside ?? '-',
    point.outside ?? '-',
    verdictOf(point),
  ]);
  return [
    line(['WHAT', 'SENT AS', 'CLAIMED', 'INSIDE', 'OUTSIDE', 'RESULT']),
    ...rows.map(line),
    '',
    ...describeAnswers(report),
    ...[...refused].map(([name, answer]) => `Graph refused the message ${name}: ${answer}.`),
    ...summarise(points),
  ].join('\n');
}

const line = (cells: readonly string[]): string =>
  cells
    .map((cell, at) => cell.padEnd(WIDTHS[at] ?? 0))
    .join('  ')
    .trimEnd();

function describeAnswers({ answers }: TenantReport): string[] {
  const { uploadSessionFrom: from, draftId, secondSend, secondSendCopies, tooManyRecipients, concurrency } = answers;
  const lines: [string, string | undefined][] = [
    ['upload session', from === undefined ? undefined : from === 0 ? 'not up to 3 MiB' : `from ${from} MiB`],
    ['id of a draft once sent', draftId],
    [
      'a second /send',
      secondSend === undefined ? undefined : `${secondSend}${secondSendCopies === undefined ? '' : `; ${secondSendCopies} arrived`}`,
    ],
    ['501 recipients', tooManyRecipients],
    ['requests at a time', concurrency === undefined ? undefined : `${concurrency} of 8 answered`],
  ];
  const told = lines.filter((entry): entry is [string, string] => entry[1] !== undefined);
  return told.length === 0 ? [] : [...told.map(([what, answer]) => `${what.padEnd(25)}  ${answer}`), ''];
}

const VERDICTS: readonly Verdict[] = ['as claimed', 'worse', 'better', 'open'];

function summarise(points: readonly MeasuredPoint[]): string[] {
  const verdicts = points.map(verdictOf);
  const counts = VERDICTS.map((verdict) => [verdicts.filter((of) => of === verdict).length, verdict] as const);
  const open = points.filter((point) => verdictOf(point) === 'open');
  return [
    `${counts
      .filter(([count]) => count > 0)
      .map(([count, verdict]) => `${count} ${verdict}`)
      .join(', ')}.`,
    ...(open.some(({ inside, outside }) => (outside ?? inside) === 'missing') ? ['missing: not seen in time; --wait waits longer.'] : []),
    ...(open.some(({ inside }) => inside === 'changed' || inside === 'lost')
      ? ['open: a mailbox inside Exchange keeps one body, whatever sent it;', '      --to and --received show what others get.']
      : []),
  ];
}

/** What is left in the mailbox, in words; `undefined` if nothing is. */
export function describeLeftOver({ left, late, failure }: LeftOver): string | undefined {
  const again = 'prove --clean deletes it later (subject: "Proof of what arrives").';
  if (failure) return `The mailbox could not be cleaned: ${failure.message}\n${again}`;
  if (left > 0) return `${count(left)} could not be deleted. ${again}`;
  return late > 0 ? `${count(late)} had not arrived and may still come. ${again}` : undefined;
}

/** What has the mark and is somebody else's, in words. */
export function describeForeign({ foreign = 0 }: LeftOver): string | undefined {
  return foreign > 0 ? `${count(foreign)} with the mark of a run came from somebody else, and stayed.` : undefined;
}

const count = (number: number): string => (number === 1 ? '1 message' : `${number} messages`);
