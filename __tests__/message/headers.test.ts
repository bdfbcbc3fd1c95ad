import { readHeaders, readImportance } from '../../lib/message/headers.js';

function field(name: string, value = 'value') {
  return { name, value };
}

describe('readImportance', () => {
  test.each<[string, string | undefined, string | undefined, string | undefined, 'low' | 'normal' | 'high']>([
    ['nothing', undefined, undefined, undefined, 'normal'],
    ['Importance: high', 'high', undefined, undefined, 'high'],
    ['Importance: Low', 'Low', undefined, undefined, 'low'],
    ['Importance: normal', 'normal', undefined, undefined, 'normal'],
    ['Importance with spaces around', ' High ', undefined, undefined, 'high'],
    ['X-MSMail-Priority: High', undefined, undefined, 'High', 'high'],
    ['X-MSMail-Priority: Low', undefined, undefined, 'Low', 'low'],
    ['X-Priority: 1 (Highest)', undefined, '1 (Highest)', undefined, 'high'],
    ['X-Priority: 2 (High)', undefined, '2 (High)', undefined, 'high'],
    ['X-Priority: 3 (Normal)', undefined, '3 (Normal)', undefined, 'normal'],
    ['X-Priority: 4', undefined, '4', undefined, 'low'],
    ['X-Priority: 5 (Lowest)', undefined, '5 (Lowest)', undefined, 'low'],
    ['X-Priority: 10, which is no priority', undefined, '10', undefined, 'normal'],
    ['X-Priority with spaces around', undefined, ' 1 ', undefined, 'high'],
    ['a number that is not at the beginning', undefined, 'level 1', undefined, 'normal'],
    ['a small one that is not at the beginning', undefined, 'level 5', undefined, 'normal'],
    ['a word that is not at the beginning', undefined, 'very non-urgent', undefined, 'normal'],
    ['Priority: urgent', undefined, 'urgent', undefined, 'high'],
    ['Priority: Non-Urgent', undefined, 'Non-Urgent', undefined, 'low'],
    ['Priority: normal', undefined, 'normal', undefined, 'normal'],
    ['a word nobody knows', 'utmost', undefined, undefined, 'normal'],
    ['a word nobody knows, and X-Priority: 1', 'utmost', '1', undefined, 'high'],
    ['Importance against X-Priority', 'low', '1', undefined, 'low'],
    ['Importance: normal against X-Priority', 'normal', '1', undefined, 'normal'],
    ['Importance against X-MSMail-Priority', 'high', undefined, 'Low', 'high'],
    ['X-MSMail-Priority against X-Priority', undefined, '5', 'High', 'high'],
  ])('%s', (_what, importance, priority, msPriority, expected) => {
    expect(readImportance(importance, priority, msPriority)).toBe(expected);
  });
});

describe('readHeaders', () => {
  test('of a field that is there more than once the first counts', () => {
    const fields = [field('Subject', 'one'), field('SUBJECT', 'two'), field('Importance', 'high'), field('importance', 'low')];
    expect(readHeaders(fields)).toMatchObject({ subject: 'one', importance: 'high' });
  });

  test('what Nodemailer writes for priority: "high" is an importance and no header', () => {
    const { importance, rest } = readHeaders([
      field('X-Priority', '1 (Highest)'),
      field('X-MSMail-Priority', 'High'),
      field('Importance', 'High'),
    ]);
    expect({ importance, rest }).toEqual({ importance: 'high', rest: [] });
  });

  test.each([
    ['Importance', 'high'],
    ['X-Priority', '1'],
    ['Priority', 'urgent'],
    ['X-MSMail-Priority', 'High'],
  ])('%s alone is understood, too', (name, value) => {
    expect(readHeaders([field(name, value)]).importance).toBe('high');
  });

  test.each([
    'From',
    'Sender',
    'To',
    'Cc',
    'Bcc',
    'Reply-To',
    'Subject',
    'Date',
    'Message-ID',
    'MIME-Version',
    'Content-Type',
    'Content-Transfer-Encoding',
    'Content-Disposition',
    'Content-ID',
    'Importance',
    'Disposition-Notification-To',
    'Return-Receipt-To',
    'X-Priority',
    'X-MSMail-Priority',
  ])('%s is carried by a field of its own and is told nowhere', (name) => {
    const { rest, traits } = readHeaders([field(name), field(name.toUpperCase())]);
    expect(rest).toEqual([]);
    expect(traits).toEqual([]);
  });

  test.each([
    ['DKIM-Signature', 'dkim'],
    ['Return-Path', 'returnPath'],
    ['Received', 'headers'],
    ['Delivered-To', 'headers'],
    ['ARC-Seal', 'headers'],
    ['ARC-Message-Signature', 'headers'],
    ['Authentication-Results', 'headers'],
    ['X-MS-Exchange-Organization-SCL', 'headers'],
    ['X-MS-Exchange-Forest-RulesExecuted', 'headers'],
  ])('%s, written by mail systems on the way, is left out and told as %s', (name, feature) => {
    const { rest, traits } = readHeaders([field(name)]);
    expect(rest).toEqual([]);
    expect(traits).toEqual([
      { feature, detail: expect.stringMatching(feature === 'headers' ? new RegExp(`^${name} belongs to`) : /^Exchange /) },
    ]);
  });

  test.each([
    'In-Reply-To',
    'References',
    'List-Unsubscribe',
    'Sensitivity',
    'Content-Language',
    'Precedence',
    'X-Campaign',
    'Received-SPF',
    'X-Received',
    'X-Importance',
    'Importance-Hint',
    'Subject-Prefix',
  ])('%s is one of the rest', (name) => {
    expect(readHeaders([field(name)])).toMatchObject({ rest: [field(name)], traits: [] });
  });

  test('Auto-Submitted is tried, and told, because Exchange removes it', () => {
    expect(readHeaders([field('Auto-Submitted', 'auto-generated')])).toMatchObject({
      rest: [field('Auto-Submitted', 'auto-generated')],
      traits: [{ feature: 'autoSubmitted', detail: 'Exchange removes Auto-Submitted' }],
    });
  });

  test('the rest keeps its order, names the app set first', () => {
    const fields = ['X-Mailer', 'X-One', 'References', 'x-two', 'X-Three'].map((name) => field(name));
    const { rest } = readHeaders(fields, new Set(['x-three', 'x-two']));
    expect(rest.map(({ name }) => name)).toEqual(['x-two', 'X-Three', 'X-Mailer', 'X-One', 'References']);
  });

  test('subject and receipts are read whatever the case of their names', () => {
    expect(
      readHeaders([
        field('SUBJECT', 'Hello'),
        field('disposition-notification-to', 'a@example.com'),
        field('Return-receipt-to', 'b@example.com'),
      ]),
    ).toMatchObject({ subject: 'Hello', readReceiptTo: 'a@example.com', deliveryReceiptTo: 'b@example.com' });
  });

  test('a message without headers has an empty subject and asks for nothing', () => {
    expect(readHeaders([])).toEqual({
      subject: '',
      importance: 'normal',
      readReceiptTo: undefined,
      deliveryReceiptTo: undefined,
      rest: [],
      traits: [],
    });
  });
});
