import type { FidelityCase } from '../harness.js';
import { letter } from './letter.js';

const withHeaders = (headers: unknown) => () => letter({ headers });
const xHeaders = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`X-Number-${index}`, `value ${index}`]));

const priorityCases: FidelityCase[] = [
  ...['high', 'HIGH', 'normal', 'low'].map((priority) => ({ name: `priority ${priority}`, data: () => letter({ priority }) })),
  ...['high', 'Low', 'normal', 'nonsense'].map((value) => ({
    name: `an Importance header ${value}`,
    data: withHeaders({ Importance: value }),
  })),
  ...['1', '1 (Highest)', '2', '3', '4', '5 (Lowest)'].map((value) => ({
    name: `an X-Priority header ${value}`,
    data: withHeaders({ 'X-Priority': value }),
  })),
  ...['urgent', 'normal', 'non-urgent'].map((value) => ({ name: `a Priority header ${value}`, data: withHeaders({ Priority: value }) })),
  { name: 'an X-MSMail-Priority header', data: withHeaders({ 'X-MSMail-Priority': 'High' }) },
  { name: 'priority against an Importance header', data: () => letter({ priority: 'low', headers: { importance: 'high' } }) },
];

const receiptCases: FidelityCase[] = [
  { name: 'a read receipt to the sender', data: withHeaders({ 'Disposition-Notification-To': 'noreply@contoso.com' }) },
  { name: 'a read receipt with a name', data: withHeaders({ 'Disposition-Notification-To': 'Contoso <noreply@contoso.com>' }) },
  { name: 'a read receipt to somebody else', data: withHeaders({ 'Disposition-Notification-To': 'audit@contoso.com' }) },
  { name: 'a delivery receipt to the sender', data: withHeaders({ 'Return-Receipt-To': '<noreply@contoso.com>' }) },
  { name: 'a delivery receipt to somebody else', data: withHeaders({ 'Return-Receipt-To': 'audit@contoso.com' }) },
  { name: 'dsn on success', data: () => letter({ dsn: { id: 'order-1', return: 'headers', notify: 'success' } }) },
  {
    name: 'dsn on success and failure to a recipient',
    data: () =>
      letter({ dsn: { id: 'order-1', return: 'headers', notify: ['success', 'failure', 'delay'], recipient: 'audit@contoso.com' } }),
    tells: { json: ['dsn'], mime: ['dsn'] },
  },
  { name: 'dsn on failure', data: () => letter({ dsn: { id: 'order-1', return: 'full', notify: ['failure', 'delay'] } }) },
  {
    name: 'dsn never',
    data: () => letter({ dsn: { id: 'order-1', return: 'headers', notify: 'never' } }),
    tells: { json: ['dsn'], mime: ['dsn'] },
  },
];

const threadCases: FidelityCase[] = [
  { name: 'a Message-ID of its own', data: () => letter({ messageId: '<report-1@contoso.com>' }) },
  { name: 'a Message-ID without brackets', data: () => letter({ messageId: 'report-1@contoso.com' }) },
  { name: 'a Message-ID in headers', data: withHeaders({ 'message-id': '<report-2@contoso.com>' }) },
  { name: 'In-Reply-To', data: () => letter({ inReplyTo: '<question@example.com>' }) },
  { name: 'In-Reply-To without brackets', data: () => letter({ inReplyTo: 'question@example.com' }) },
  { name: 'References as a string', data: () => letter({ inReplyTo: '<b@example.com>', references: '<a@example.com> <b@example.com>' }) },
  { name: 'References as an array', data: () => letter({ references: ['a@example.com', '<b@example.com>', 'c@example.com'] }) },
  {
    name: 'a long thread',
    data: () =>
      letter({ references: Array.from({ length: 60 }, (_, index) => `<message-number-${index}.of-a-long-thread@mail.example.com>`) }),
  },
  { name: 'threading in headers', data: withHeaders({ 'In-Reply-To': '<q@example.com>', References: '<p@example.com> <q@example.com>' }) },
];

const listCases: FidelityCase[] = [
  {
    name: 'every list option',
    data: () =>
      letter({
        list: {
          help: 'admin@contoso.com?subject=help',
          unsubscribe: { url: 'https://contoso.com/unsubscribe?id=1', comment: 'Stop it' },
          subscribe: ['admin@contoso.com?subject=subscribe', { url: 'https://contoso.com/subscribe', comment: 'Subscribe' }],
          post: [['https://contoso.com/post', { url: 'admin@contoso.com?subject=post', comment: 'Post' }]],
          id: { url: 'news.contoso.com', comment: 'Contoso News' },
          archive: 'https://contoso.com/archive',
          owner: 'admin@contoso.com',
        },
      }),
  },
  {
    name: 'a list with a comment beyond ASCII',
    data: () =>
      letter({
        list: {
          unsubscribe: { url: 'https://contoso.com/u', comment: 'Abbestellen für Größe' },
          id: { url: 'news.contoso.com', comment: 'Größe' },
        },
      }),
  },
  {
    name: 'one-click unsubscribe',
    data: () =>
      letter({
        list: { unsubscribe: ['https://contoso.com/u?id=1', 'unsubscribe@contoso.com'] },
        headers: { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
      }),
  },
  { name: 'a List-Unsubscribe header', data: withHeaders({ 'List-Unsubscribe': '<https://contoso.com/u>, <mailto:u@contoso.com>' }) },
];

const customCases: FidelityCase[] = [
  ...[1, 5, 6, 12].map((count) => ({ name: `${count} x- headers`, data: withHeaders(xHeaders(count)) })),
  ...['Personal', 'Private', 'Company-Confidential', 'Normal', 'Secret'].map((value) => ({
    name: `Sensitivity ${value}`,
    data: withHeaders({ Sensitivity: value }),
  })),
  {
    name: 'headers as an array',
    data: withHeaders([
      { key: 'X-One', value: '1' },
      { key: 'X-Two', value: '2' },
      { key: 'X-One', value: '3' },
    ]),
  },
  { name: 'a repeated x- header', data: withHeaders({ 'X-Tag': ['one', 'two', 'three'] }) },
  { name: 'seven of one x- header', data: withHeaders({ 'X-Tag': ['1', '2', '3', '4', '5', '6', '7'] }) },
  { name: 'a repeated other header', data: withHeaders({ Keywords: ['one', 'two'] }) },
  {
    name: 'headers that are not x-',
    data: withHeaders({
      Keywords: 'report, month',
      Organization: 'Contoso',
      Comments: 'none',
      Precedence: 'bulk',
      'Content-Language': 'de',
    }),
  },
  { name: 'a prepared header', data: withHeaders({ 'X-Prepared': { prepared: true, value: 'a very long value '.repeat(8).trim() } }) },
  {
    name: 'a prepared and folded header',
    data: withHeaders({ 'X-Prepared': { prepared: true, foldLines: true, value: 'a very long value '.repeat(12).trim() } }),
  },
  { name: 'a header folded by hand', data: withHeaders({ 'X-Folded': { prepared: true, value: 'one,\r\n two,\r\n\tthree' } }) },
  { name: 'a header value with a fold', data: withHeaders({ 'X-Folded': 'one,\r\n two' }) },
  { name: 'a header beyond ASCII', data: withHeaders({ 'X-Campaign': 'Frühling 2026 – 你好 👋' }) },
  { name: 'a header not x- beyond ASCII', data: withHeaders({ Organization: 'Größe GmbH', Keywords: 'Frühling, Größe' }) },
  { name: 'a header with an encoded word', data: withHeaders({ 'X-Campaign': '=?utf-8?Q?Fr=C3=BChling?=' }) },
  { name: 'a very long header', data: withHeaders({ 'X-Long': 'word '.repeat(400).trim() }) },
  { name: 'a very long header without spaces', data: withHeaders({ 'X-Long': 'w'.repeat(2000) }) },
  { name: 'a very long header beyond ASCII', data: withHeaders({ 'X-Long': 'Größe '.repeat(200).trim() }) },
  { name: 'several spaces in a header', data: withHeaders({ 'X-Spaces': 'one  two   three' }) },
  { name: 'JSON in a header', data: withHeaders({ 'X-SMTPAPI': JSON.stringify({ category: ['Größe', 'b'], unique_args: { id: 1 } }) }) },
  { name: 'an empty header', data: withHeaders({ 'X-Empty': '', 'X-Full': '1' }) },
  {
    name: 'Auto-Submitted',
    data: withHeaders({ 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' }),
    tells: { json: ['autoSubmitted'], mime: ['autoSubmitted'] },
  },
  { name: 'Feedback-ID and Errors-To', data: withHeaders({ 'Feedback-ID': '1:2:contoso', 'Errors-To': 'admin@contoso.com' }) },
  {
    name: 'Return-Path as a header',
    data: withHeaders({ 'Return-Path': '<bounces@contoso.com>' }),
    tells: { json: ['returnPath'], mime: ['returnPath'] },
  },
  {
    name: 'trace headers',
    data: withHeaders({ Received: 'from a by b; Tue, 03 Nov 2026 10:00:00 +0000', 'Delivered-To': 'x@example.com' }),
  },
  { name: 'a number and a boolean as values', data: withHeaders({ 'X-Number': 42, 'X-Flag': true }) },
  { name: 'xMailer', data: () => letter({ xMailer: 'Contoso Mailer 1.0' }) },
  { name: 'xMailer off', data: () => letter({ xMailer: false }) },
  { name: 'otp', data: withHeaders({ 'OTP-Token': '123456' }) },
  { name: 'a Date as a Date', data: () => letter({ date: new Date('2026-11-03T10:00:00Z') }) },
  { name: 'a Date as a string', data: () => letter({ date: 'Tue, 03 Nov 2026 10:00:00 +0100' }) },
  {
    name: 'normalizeHeaderKey',
    data: () => letter({ normalizeHeaderKey: (key: string) => key.toUpperCase(), headers: { 'x-case': 'one', organization: 'Contoso' } }),
  },
  {
    name: 'headers from the defaults',
    data: withHeaders({ 'X-Own': '1' }),
    defaults: { from: 'noreply@contoso.com', headers: { 'X-Default': '2' }, replyTo: 'support@contoso.com' },
  },
  { name: 'textEncoding base64', data: () => letter({ textEncoding: 'base64', subject: 'Größe', headers: { 'X-A': 'Größe' } }) },
];

const subjectCases: FidelityCase[] = [
  { name: 'a subject beyond ASCII', data: () => letter({ subject: 'Größe: 你好 👨‍👩‍👧 שלום' }) },
  { name: 'a very long subject', data: () => letter({ subject: 'Größe und Umfang '.repeat(30).trim() }) },
  { name: 'a very long subject in ASCII', data: () => letter({ subject: 'a report about everything '.repeat(30).trim() }) },
  { name: 'no subject', data: () => letter({ subject: undefined }) },
  { name: 'an encoded word as the subject', data: () => letter({ subject: '=?utf-8?Q?Gr=C3=B6=C3=9Fe?=' }) },
  { name: 'a subject with quotes, =, ? and _', data: () => letter({ subject: 'a "b" =c ?d _e = =? ?=' }) },
  { name: 'a subject with a tab', data: () => letter({ subject: 'one\ttwo' }) },
];

const injectionCases: FidelityCase[] = [
  { name: 'a line break in the subject', data: () => letter({ subject: 'Report\r\nBcc: thief@example.com' }) },
  { name: 'a line break in a header', data: withHeaders({ 'X-Tag': 'one\nBcc: thief@example.com' }) },
  {
    name: 'a line break in a prepared header',
    data: withHeaders({ 'X-Tag': { prepared: true, value: 'one\r\nBcc: thief@example.com' } }),
    refused: 'EMESSAGE',
  },
  {
    name: 'a line break in the Message-ID',
    data: () => letter({ messageId: '<a@contoso.com>\r\nBcc: thief@example.com' }),
    refused: { json: 'EMESSAGE' },
  },
  {
    name: 'a line break in References',
    data: () => letter({ references: ['<a@b.example>', '<c@d.example>\r\nBcc: thief@example.com'] }),
  },
];

export const headerCases: FidelityCase[] = [
  ...priorityCases,
  ...receiptCases,
  ...threadCases,
  ...listCases,
  ...customCases,
  ...subjectCases,
  ...injectionCases,
];
