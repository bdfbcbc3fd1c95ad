import nodemailer from 'nodemailer';
import type { LossFeature } from '../../lib/prepared/loss.js';
import { judge, type Circumstances } from './compare.js';
import { letter } from './cases/letter.js';
import { BYTES, INVITE, PNG, startHarness, type FidelityCase, type Harness } from './harness.js';
import { readBack, type View } from './read-back.js';

let harness: Harness;
let source: string;

const message: FidelityCase = {
  name: 'a message with a bit of everything',
  data: () =>
    letter({
      to: 'Reader <reader@example.com>',
      cc: 'copy@example.com',
      bcc: 'hidden@example.com',
      replyTo: 'support@contoso.com',
      html: '<p>It is <img src="cid:logo"></p>',
      messageId: '<report@contoso.com>',
      date: new Date('2026-11-03T10:00:00Z'),
      inReplyTo: '<question@example.com>',
      references: '<first@example.com> <question@example.com>',
      priority: 'high',
      headers: { 'X-Tag': 'one', 'Disposition-Notification-To': 'noreply@contoso.com' },
      icalEvent: { method: 'REQUEST', content: INVITE },
      attachments: [
        { filename: 'data.bin', content: BYTES },
        { filename: 'logo.png', content: PNG, cid: 'logo' },
      ],
    }),
};

beforeAll(async () => {
  harness = await startHarness({ nodemailer });
  const { graph } = await harness.sendBothWays(message, 'mime');
  source = graph.source.toString();
});
afterAll(() => harness.close());

/** The verdict on a copy in which something was replaced. */
async function damage(from: string | RegExp, to: string, losses: LossFeature[] = [], format: Circumstances['format'] = 'mime') {
  const damaged = source.replace(from, to);
  expect(damaged === source).toBe(String(from) === to);
  const views: View[] = await Promise.all([source, damaged].map((text) => readBack(Buffer.from(text))));
  const [was, is] = views as [View, View];
  return judge(was, is, {
    format,
    raw: false,
    fixed: { messageId: true, date: true },
    uploaded: false,
    losses: losses.map((feature) => ({ feature, detail: '' })),
    recipients: new Set(['reader@example.com', 'copy@example.com', 'hidden@example.com']),
  });
}

it('finds nothing to say about an intact copy', async () => {
  expect(await damage('X', 'X')).toEqual([]);
});

const base64 = (text: string) => Buffer.from(text).toString('base64');

const damages: [what: string, from: string | RegExp, to: string, kind: string, loss?: LossFeature][] = [
  ['a lost Cc', /^Cc: .*\r\n/m, '', 'cc'],
  ['another name', 'Reader <', 'Riever <', 'to'],
  ['another From', 'From: noreply@', 'From: sales@', 'from'],
  ['a visible Bcc', 'Subject:', 'Bcc: hidden@example.com\r\nSubject:', 'bcc'],
  ['a lost Reply-To', /^Reply-To: .*\r\n/m, '', 'reply-to'],
  ['another subject', 'Monthly', 'Weekly', 'subject'],
  ['another Message-ID', 'Message-ID: <report', 'Message-ID: <other', 'message-id'],
  ['another Date', 'Tue, 03 Nov', 'Wed, 04 Nov', 'date', 'date'],
  ['a lost In-Reply-To', /^In-Reply-To: .*\r\n/m, '', 'in-reply-to'],
  ['a shorter thread', '<first@example.com> ', '', 'references'],
  ['a lost importance', /^(X-Priority|X-MSMail-Priority|Importance): .*\r\n/gim, '', 'importance'],
  ['a lost receipt', /^Disposition-Notification-To: .*\r\n/im, '', 'read receipt', 'receipts'],
  ['a lost header', /^X-Tag: .*\r\n/m, '', 'header x-tag', 'headers'],
  ['a header from nowhere', 'Subject:', 'X-New: 1\r\nSubject:', 'header x-new', 'headers'],
  ['another text', base64('It is attached.'), base64('It was attached'), 'text', 'text'],
  ['another html', base64('<p>It is <im'), base64('<p>It as <im'), 'html'],
  ['a lost method', 'method=REQUEST', 'method=PUBLISH', 'alternative text/calendar', 'icalEvent'],
  ['a changed byte', 'AAECAwQFBgcICQ', 'AAECAwQFBgcICR', 'attachment missing'],
  ['another file name', /data\.bin/g, 'data.dat', 'attachment name', 'attachmentName'],
  ['another file type', 'image/png', 'image/gif', 'attachment type'],
  ['another Content-ID', '<logo>', '<loco>', 'attachment Content-ID'],
  ['an image no longer inline', 'Content-Disposition: inline', 'Content-Disposition: attachment', 'attachment disposition'],
  [
    'a header of a part',
    'Content-Disposition: inline',
    'X-Part: 1\r\nContent-Disposition: inline',
    'attachment headers',
    'attachmentHeaders',
  ],
];

it.each(damages)('notices %s', async (_what, from, to, kind) => {
  const problems = await damage(from, to);
  expect(problems).not.toEqual([]);
  expect(problems.filter((problem) => !problem.startsWith(`silent: ${kind}:`) && kind !== 'attachment missing')).toEqual([]);
  expect(problems).toEqual(expect.arrayContaining([expect.stringMatching(new RegExp(`^silent: ${kind}: `))]));
});

it.each(damages.filter(([, , , , loss]) => loss))('lets %s pass where exactly that is told', async (_what, from, to, _kind, loss) => {
  const format = loss === 'text' ? 'json' : 'mime';
  expect(await damage(from, to, [loss as LossFeature], format)).toEqual([]);
  const another = loss === 'headers' ? 'icalEvent' : 'headers';
  expect(await damage(from, to, [another], format)).toHaveLength(2);
});

it.each([
  'to',
  'cc',
  'icalEvent',
  'alternatives',
  'amp',
  'watchHtml',
  'rfc822',
  'date',
  'group',
  'headers',
  'attachmentHeaders',
  'attachmentName',
  'text',
  'raw',
] as const)("calls a loss '%s' of which nothing is to be seen a false alarm", async (feature) => {
  expect(await damage('X', 'X', [feature])).toEqual([`false alarm: loss '${feature}' was told, and nothing of it is to be seen`]);
});

it('notices a recipient too many and one too few', async () => {
  const { sink } = harness;
  const close = sink.deliveries.push.bind(sink.deliveries);
  // what came over SMTP is said to have gone to others
  const redirected = { ...message, data: () => ({ ...message.data(harness.world), cc: 'another@example.com' }) };
  sink.deliveries.push = (...items) => close(...items.map((item) => ({ ...item, recipients: ['reader@example.com', 'copy@example.com'] })));
  try {
    const { problems } = await harness.sendBothWays(redirected, 'mime');
    expect(problems).toEqual(
      expect.arrayContaining([expect.stringMatching(/^recipients: SMTP .*copy@example\.com.*, Graph .*another@example\.com/)]),
    );
  } finally {
    sink.deliveries.push = close;
  }
});
