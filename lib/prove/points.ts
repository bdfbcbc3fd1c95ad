import { PROVABLE, type ProvableFeature, type Way } from '../prepared/tenant-facts.js';
import { subjectOf } from './marker.js';

/** One message, which shows what becomes of one feature on one way. */
export interface Point {
  readonly name: string;
  readonly feature: ProvableFeature;
  readonly way: Way;
}

/** Names of the messages beside the points: one by way of a draft, one to too many, and two drafts that are never sent. */
export const DRAFT = 'draft-id';
export const MANY = 'many-recipients';
export const UPLOAD = 'upload-session';
export const ACCESS = 'access';

/** Who sends to whom. */
export interface Correspondence {
  readonly run: string;
  readonly mailbox: string;
  /** A mailbox at another provider. */
  readonly to?: string | undefined;
  /** Another address of the mailbox, to be put into From. */
  readonly alias?: string | undefined;
}

const EVERYWHERE: readonly Way[] = ['json', 'mime', 'mimeDraft'];
const WAYS_OF: Readonly<Record<ProvableFeature, readonly Way[]>> = {
  text: EVERYWHERE,
  icalEvent: EVERYWHERE,
  fromName: EVERYWHERE,
  from: ['json', 'mime'],
  xHeaders: ['json', 'mime'],
  moreXHeaders: ['json', 'mime'],
  customHeaders: EVERYWHERE,
  listHeaders: EVERYWHERE,
  threading: EVERYWHERE,
  ownMessageId: EVERYWHERE,
};

/** What is looked at; an alias only where there is one. */
export function pointsFor({ alias }: Pick<Correspondence, 'alias'>): Point[] {
  return PROVABLE.filter((feature) => feature !== 'from' || alias !== undefined).flatMap((feature) =>
    WAYS_OF[feature].map((way) => ({ name: nameOf(way, feature), feature, way })),
  );
}

const nameOf = (way: Way, feature: ProvableFeature): string => `${way}-${feature}`;

/** The message Nodemailer gets for a point. */
export function mailOf(point: Point, correspondence: Correspondence): Record<string, unknown> {
  const { feature, way, name } = point;
  return {
    ...baseMail(name, correspondence),
    ...CONTENT[feature](correspondence),
    // the later attachment is added to the draft by whoever sends it
    graph: { mailbox: correspondence.mailbox, format: way === 'json' ? 'json' : 'mime', route: way === 'mimeDraft' ? 'draft' : 'sendMail' },
  };
}

/** What all messages have. */
export function baseMail(name: string, { run, mailbox, to }: Correspondence): Record<string, unknown> {
  return {
    from: mailbox,
    to: to === undefined ? mailbox : [mailbox, to],
    subject: subjectOf(run, name),
    messageId: `<prove.${run}.${name}@${mailbox.slice(mailbox.lastIndexOf('@') + 1)}>`,
    text: 'Sent by "nodemailer-graph-transport prove" to see what arrives. It may be deleted.',
  };
}

export const PROVED_NAME = 'Proof Of The Name';
const X_HEADER = 'X-Proof-';
const CUSTOM_HEADER = 'Proof-Header';
const xHeaders = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${X_HEADER}${index + 1}`, `value ${index + 1}`]));

/** The headers each feature is about; in lower case. */
export const HEADERS_OF: Readonly<Partial<Record<ProvableFeature, readonly string[]>>> = {
  xHeaders: Object.keys(xHeaders(5)).map((name) => name.toLowerCase()),
  moreXHeaders: Object.keys(xHeaders(7))
    .slice(5)
    .map((name) => name.toLowerCase()),
  customHeaders: [CUSTOM_HEADER.toLowerCase()],
  listHeaders: ['list-help', 'list-unsubscribe', 'list-unsubscribe-post'],
  threading: ['in-reply-to', 'references'],
};

const CONTENT: Readonly<Record<ProvableFeature, (correspondence: Correspondence) => Record<string, unknown>>> = {
  text: () => ({ text: 'Words the author chose for the text part alone.', html: '<p>Something else, <b>for the html</b>.</p>' }),
  icalEvent: ({ mailbox, run }) => ({ icalEvent: { method: 'REQUEST', content: invitation(mailbox, run) } }),
  fromName: ({ mailbox }) => ({ from: { name: PROVED_NAME, address: mailbox } }),
  from: ({ alias }) => ({ from: alias }),
  xHeaders: () => ({ headers: xHeaders(5) }),
  moreXHeaders: () => ({ headers: xHeaders(7) }),
  customHeaders: () => ({ headers: { [CUSTOM_HEADER]: 'value' } }),
  listHeaders: () => ({
    list: { help: 'https://example.com/help', unsubscribe: 'https://example.com/unsubscribe' },
    headers: { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
  }),
  threading: () => ({ inReplyTo: '<before@example.com>', references: ['<first@example.com>', '<before@example.com>'] }),
  ownMessageId: () => ({}),
};

/** Long past, and of the mailbox itself, so that no calendar reminds anybody. */
function invitation(mailbox: string, run: string): string {
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//nodemailer-graph-transport//prove//EN',
    'METHOD:REQUEST',
    'BEGIN:VEVENT',
    `UID:${run}@example.com`,
    'DTSTAMP:20010101T000000Z',
    'DTSTART:20010101T000000Z',
    'DTEND:20010101T000100Z',
    'SUMMARY:Proof of what arrives',
    `ORGANIZER:mailto:${mailbox}`,
    `ATTENDEE;ROLE=REQ-PARTICIPANT:mailto:${mailbox}`,
    'TRANSP:TRANSPARENT',
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n');
}
