import { readReport } from '../../lib/bounces/read-report.js';

const crlf = (...lines: string[]) => lines.join('\r\n');

function report(status: string[], { original = ['Subject: Invoice', 'Message-ID: <17@contoso.com>'], head = [] as string[] } = {}): Buffer {
  return Buffer.from(
    crlf(
      'From: MAILER-DAEMON@mx.example.com',
      ...head,
      'Content-Type: multipart/report; report-type=delivery-status; boundary="b1"',
      '',
      'preamble',
      '--b1',
      'Content-Type: text/plain; charset=utf-8',
      '',
      'Ihre Nachricht konnte nicht zugestellt werden.',
      '--b1',
      'Content-Type: message/delivery-status',
      '',
      'Reporting-MTA: dns; mx.example.com',
      '',
      ...status,
      '',
      '--b1',
      'Content-Type: message/rfc822',
      '',
      ...original,
      '',
      'Hello',
      '--b1--',
      '',
    ),
  );
}

const group = (more: Record<string, string> = {}) =>
  Object.entries({ 'Final-Recipient': 'rfc822; nobody@example.com', Action: 'failed', Status: '5.1.1', ...more }).map(
    ([name, value]) => `${name}: ${value}`,
  );

describe('RFC 3464', () => {
  test('tells recipient, action, status, what the server said, and the message it is about', () => {
    expect(readReport(report(group({ 'Diagnostic-Code': 'smtp; 550 5.1.1 <nobody@example.com>:\r\n\tUser unknown' })))).toEqual({
      messageId: '<17@contoso.com>',
      recipients: [
        { recipient: 'nobody@example.com', action: 'failed', status: '5.1.1', text: '550 5.1.1 <nobody@example.com>: User unknown' },
      ],
    });
  });

  test('has an entry for each recipient', () => {
    const two = [...group(), '', ...group({ 'Final-Recipient': 'rfc822;second@example.com', Action: 'delayed', Status: '4.4.1' })];
    expect(readReport(report(two))?.recipients.map(({ recipient, action, status }) => [recipient, action, status])).toEqual([
      ['nobody@example.com', 'failed', '5.1.1'],
      ['second@example.com', 'delayed', '4.4.1'],
    ]);
  });

  test('without a diagnostic the beginning of the report is the text, in one line', () => {
    expect(readReport(report(group()))?.recipients[0]?.text).toBe('Ihre Nachricht konnte nicht zugestellt werden.');
  });

  test.each([
    [{ Action: 'FAILED (bad destination)' }, { action: 'failed' }],
    [
      { Action: 'relayed', Status: '2.0.0' },
      { action: 'relayed', status: '2.0.0' },
    ],
    [{ Action: 'expanded', Status: '2.0.0' }, { action: 'expanded' }],
    [{ Action: 'delivered', Status: '2.1.5' }, { action: 'delivered' }],
    [
      { Action: 'lost', Status: '5.0.0' },
      { action: 'failed', status: '5.0.0' },
    ],
    [
      { Action: '', Status: '4.4.7 (expired)' },
      { action: 'delayed', status: '4.4.7' },
    ],
    [{ Status: 'unknown', 'Diagnostic-Code': 'smtp; 550-5.7.1 no' }, { status: '5.7.1' }],
    [
      { Status: '5.1', 'Diagnostic-Code': 'smtp; 550 no' },
      { action: 'failed', status: undefined },
    ],
    [{ Status: '10.20.30.40' }, { status: undefined }],
    [{ 'Original-Recipient': 'rfc822;sales@example.com' }, { recipient: 'sales@example.com' }],
    [{ 'Original-Recipient': 'rfc822;' }, { recipient: 'nobody@example.com' }],
    [{ 'Final-Recipient': 'utf-8; jörg@example.com' }, { recipient: 'jörg@example.com' }],
    [{ 'Final-Recipient': '<nobody@example.com>' }, { recipient: 'nobody@example.com' }],
  ])('%j is %j', (fields, expected) => {
    expect(readReport(report(group(fields as Record<string, string>)))?.recipients).toMatchObject([expected]);
  });

  test.each([
    ['X400;C=DE'],
    ['rfc822; two words@example.com'],
    ['rfc822; a@b@example.com'],
    ['rfc822; a@example.com, b@example.com'],
    [`rfc822; ${'x'.repeat(300)}@example.com`],
    ['rfc822; a\u202eb@example.com'],
  ])('a recipient %j is none', (recipient) => {
    expect(readReport(report(group({ 'Final-Recipient': recipient })))).toBeUndefined();
  });

  test.each([
    ['text/rfc822-headers', ['Message-ID: <18@contoso.com>'], '<18@contoso.com>'],
    ['message/global', ['Message-id:', ' <19@contoso.com>'], '<19@contoso.com>'],
    [
      'text/rfc822-headers; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable',
      ['Message-ID: <2=30@contoso.com>'],
      '<20@contoso.com>',
    ],
  ])('the message comes back as %s', (type, original, messageId) => {
    const source = report(group(), { original }).toString().replace('message/rfc822', type);
    expect(readReport(Buffer.from(source))?.messageId).toBe(messageId);
  });

  test('without it In-Reply-To names the message, then References, else nobody', () => {
    const none = { original: ['Subject: x'] };
    expect(readReport(report(group(), { ...none, head: ['In-Reply-To: <a@contoso.com>', 'References: <b@contoso.com>'] }))?.messageId).toBe(
      '<a@contoso.com>',
    );
    expect(readReport(report(group(), { ...none, head: ['References: <b@contoso.com> <c@contoso.com>'] }))?.messageId).toBe(
      '<b@contoso.com>',
    );
    expect(readReport(report(group(), none))?.messageId).toBeUndefined();
  });

  test('a report that is cut off is read as far as it goes', () => {
    const source = report(group());
    expect(readReport(source.subarray(0, source.indexOf('message/rfc822')))?.recipients).toHaveLength(1);
  });

  test('lines may end with LF alone', () => {
    expect(readReport(Buffer.from(report(group()).toString().replaceAll('\r\n', '\n')))).toMatchObject({ messageId: '<17@contoso.com>' });
  });
});

describe('addresses as servers write them', () => {
  test.each<[string, Record<string, string>, string]>([
    ['a quoted local part', { 'Final-Recipient': 'rfc822; "a b"@example.com' }, '"a b"@example.com'],
    ['a comment', { 'Final-Recipient': 'rfc822; <nobody@example.com> (unrelayable)' }, 'nobody@example.com'],
    ['no type', { 'Final-Recipient': 'nobody@example.com' }, 'nobody@example.com'],
    ['letters of any script', { 'Final-Recipient': 'utf-8; jos\u00e9@ex\u00e4mple.com' }, 'jos\u00e9@ex\u00e4mple.com'],
    ['letters written out (RFC 6533)', { 'Final-Recipient': 'utf-8; jos\\x{E9}@example.com' }, 'jos\u00e9@example.com'],
    ['a backslash that is one', { 'Final-Recipient': 'rfc822; jos\\x{E9}@example.com' }, 'jos\\x{E9}@example.com'],
    [
      'the original as it was on the wire (xtext)',
      { 'Original-Recipient': 'rfc822;a+2Bb@example.com', 'Final-Recipient': 'rfc822;a+b@example.com' },
      'a+b@example.com',
    ],
    [
      'another original',
      { 'Original-Recipient': 'rfc822;list@example.com', 'Final-Recipient': 'rfc822;member@example.com' },
      'list@example.com',
    ],
    ['an empty original', { 'Original-Recipient': 'rfc822;', 'Final-Recipient': 'rfc822;member@example.com' }, 'member@example.com'],
  ])('%s', (_case, fields, recipient) => {
    expect(readReport(report(group(fields)))?.recipients.map((one) => one.recipient)).toEqual([recipient]);
  });

  test.each([
    'x400; /G=Nobody/S=Here',
    'rfc822; a\u202e@example.com',
    'utf-8; a\\x{110000}\\x{0}@example.com',
    'rfc822; a@example.com, b@example.com',
  ])('%j is none', (field) => {
    expect(readReport(report(group({ 'Final-Recipient': field })))).toBeUndefined();
  });

  test('groups without the empty line between them are two', () => {
    const two = [...group({ 'Diagnostic-Code': 'smtp; 550 one' }), ...group({ 'Final-Recipient': 'rfc822;second@example.com' })];
    expect(readReport(report(two))?.recipients.map(({ recipient }) => recipient)).toEqual(['nobody@example.com', 'second@example.com']);
  });

  test('what came back may be encoded, and its Message-ID has no control characters', () => {
    const base64 = report(group())
      .toString()
      .replace('Content-Type: message/rfc822\r\n\r\n', 'Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n')
      .replace(
        'Subject: Invoice\r\nMessage-ID: <17@contoso.com>\r\n\r\nHello',
        Buffer.from('Message-ID: <18@contoso.com>\r\n\r\nx').toString('base64'),
      );
    expect(readReport(Buffer.from(base64))?.messageId).toBe('<18@contoso.com>');
    expect(readReport(report(group(), { original: ['Message-ID: <a\u001b[2J@contoso.com>'] }))?.messageId).toBeUndefined();
  });

  test('a boundary may be quoted with backslashes, and a line that only begins like it is none', () => {
    const source = report(group({ 'Diagnostic-Code': '' }))
      .toString()
      .replace('boundary="b1"', 'boundary="\\b\\1"')
      .replace('Ihre', '--b1x\r\nIhre');
    expect(readReport(Buffer.from(source))?.recipients[0]?.text).toMatch(/^--b1x Ihre Nachricht/);
  });
});

describe('reports that are for people only', () => {
  const qmail = (...reason: string[]) =>
    crlf(
      'From: MAILER-DAEMON@mx.example.com',
      'Subject: failure notice',
      '',
      'Hi. This is the qmail-send program at mx.example.com.',
      "I'm afraid I wasn't able to deliver your message to the following addresses.",
      '',
      '<nobody@example.com>:',
      ...reason,
      '',
      '<second@example.com>:',
      'Sorry, no mailbox here by that name. (#5.1.1)',
      '',
      '--- Below this line is a copy of the message.',
      '',
      'Return-Path: <noreply@contoso.com>',
      'Message-ID: <17@contoso.com>',
      'To: <third@example.com>:',
      '',
      '<fourth@example.com>:',
    );
  test.each([
    [['192.0.2.1 does not like recipient.', 'Remote host said: 550 5.7.1 go away'], '5.7.1'],
    [['Remote host said: 550 unknown user'], '5.0.0'],
    [['Connected to 192.0.2.1 but sender was rejected.', 'Remote host said: 451 later'], '4.0.0'],
    [['Sorry, that does not work.'], '5.0.0'],
  ])("qmail's, which says %j", (reason, status) => {
    expect(readReport(Buffer.from(qmail(...reason)))).toEqual({
      messageId: '<17@contoso.com>',
      recipients: [
        { recipient: 'nobody@example.com', action: 'failed', status, text: reason.join(' ') },
        { recipient: 'second@example.com', action: 'failed', status: '5.1.1', text: 'Sorry, no mailbox here by that name. (#5.1.1)' },
      ],
    });
  });

  test("Exim's, with its recipients in X-Failed-Recipients", () => {
    const source = crlf(
      'From: Mail Delivery System <Mailer-Daemon@mx.example.com>',
      'X-Failed-Recipients: nobody@example.com,',
      '\tother@example.com',
      '',
      'A message that you sent could not be delivered to one or more of its recipients.',
      'Write to help@example.com',
      '',
      '  nobody@example.com',
      '    Unrouteable address',
      '',
      'help@example.com',
      'call 550 1234',
      '',
      '------ This is a copy of the message, including all the headers. ------',
      '',
      'Message-ID: <17@contoso.com>',
      '',
    );
    expect(readReport(Buffer.from(source))).toEqual({
      messageId: '<17@contoso.com>',
      recipients: [
        { recipient: 'nobody@example.com', action: 'failed', status: '5.0.0', text: 'Unrouteable address' },
        { recipient: 'other@example.com', action: 'failed', status: '5.0.0', text: '' },
      ],
    });
  });

  test.each([
    ['an answer of somebody who is away', 'I am away until 5.1.2027. Ask\r\ncolleague@example.com\r\nor call 550 5555'],
    ['news with a version in it', 'Write to\r\nsales@example.com\r\nVersion 5.1.10 is out'],
    ['a list of addresses', 'a@example.com\r\nb@example.com\r\n'],
    ['a text like one of qmail', 'Hi. This is not the qmail-send program.\r\n\r\n<a@example.com>:\r\nwrote'],
  ])('%s is none, not even from a postmaster', (_case, text) => {
    expect(readReport(Buffer.from(`From: postmaster@example.com\r\nAuto-Submitted: auto-replied\r\n\r\n${text}\r\n`))).toBeUndefined();
  });
});

describe("Exchange's own text, where nothing else is left", () => {
  const text = crlf(
    'Delivery has failed to these recipients or groups:',
    '',
    'Nobody Here (nobody@example.com)<mailto:nobody@example.com>',
    "The email address you entered couldn't be found. See 5.1.10 below.",
    '',
    'Diagnostic information for administrators:',
    '',
    'Generating server: AM0PR05MB1234.eurprd05.prod.outlook.com',
    '',
    'nobody@example.com',
    "Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient nobody@example.com not found by SMTP address lookup'",
    '',
    'Original message headers:',
    '',
    'Received: from AM0PR05MB1234 (2603:10a6:208::1) by x',
    'Message-ID: <17@contoso.com>',
    'To: other@example.com',
  );

  test('tells the same', () => {
    expect(readReport(Buffer.from(crlf('X-MS-Exchange-Message-Is-Ndr:', 'Content-Type: text/plain', '', text)))).toEqual({
      messageId: '<17@contoso.com>',
      recipients: [
        {
          recipient: 'nobody@example.com',
          action: 'failed',
          status: '5.1.10',
          text: expect.stringMatching(/RESOLVER\.ADR\.RecipientNotFound/),
        },
      ],
    });
  });

  test('also as html, and in another language', () => {
    const html = `<html><head><style>a@b.c 5.0.0</style></head><body><p><b>Diagnoseinformationen f&uuml;r Administratoren:</b></p><p>nobody@example.com<br>#550 5.1.1 RESOLVER.ADR.ExRecipNotFound ##</p><pre>\r\nMessage-ID: &lt;17@contoso.com&gt;\r\n</pre></body></html>`;
    const source = crlf(
      'Content-Type: text/html; charset=utf-8',
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from(html).toString('base64'),
    );
    expect(readReport(Buffer.from(source))).toMatchObject({
      messageId: '<17@contoso.com>',
      recipients: [{ recipient: 'nobody@example.com', status: '5.1.1' }],
    });
  });

  test('a status beside an address does not end the search for it', () => {
    const told = crlf('nobody@example.com', '550 5.1.1 no such user <nobody@example.com>');
    expect(readReport(Buffer.from(crlf('Content-Type: text/plain', '', told)))?.recipients).toMatchObject([{ status: '5.1.1' }]);
  });

  test('a delay is one, unless Exchange says that it gave up', () => {
    const late = crlf('late@example.com', "Server returned '400 4.4.7 Message delayed'");
    const read = (...head: string[]) => readReport(Buffer.from(crlf(...head, 'Content-Type: text/plain', '', late)))?.recipients[0]?.action;
    expect(read()).toBe('delayed');
    expect(read('X-MS-Exchange-Message-Is-Ndr:')).toBe('failed');
  });

  test.each([
    ['an out-of-office reply', 'I am away until 5.1.2027. Ask help@example.com instead.'],
    ['a mail that speaks of bounces', 'We saw 5.1.1 for nobody@example.com yesterday.'],
    ['nothing', ''],
  ])('%s is none', (_what, words) => {
    expect(readReport(Buffer.from(crlf('Content-Type: text/plain', '', words)))).toBeUndefined();
  });
});

describe('hostile reports', () => {
  /** CPU time, against that of one ordinary pass over as many bytes in the same run. */
  function cost(source: Buffer): number {
    const measure = (work: () => unknown) => {
      const start = process.cpuUsage();
      work();
      const { user, system } = process.cpuUsage(start);
      return user + system;
    };
    const plain = report(group(), { original: ['x: '.padEnd(900_000, 'y')] });
    const usual = Math.min(...[1, 2, 3].map(() => measure(() => readReport(plain))));
    return measure(() => readReport(source)) / Math.max(usual, 5000);
  }
  const huge = 1024 * 1024;

  test.each<[string, () => Buffer]>([
    [
      'parts within parts',
      () =>
        Buffer.from(Array.from({ length: 5000 }, (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}\r\n`).join('')),
    ],
    ['thousands of parts', () => Buffer.from(`Content-Type: multipart/report; boundary=b\r\n\r\n${'--b\r\n\r\n'.repeat(huge / 8)}`)],
    ['a boundary of one character', () => Buffer.from(`Content-Type: multipart/report; boundary=-\r\n\r\n${'-'.repeat(huge)}`)],
    [
      'blanks',
      () =>
        Buffer.from(`Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${' '.repeat(huge)}`),
    ],
    ['empty lines', () => Buffer.from(`\r\n\r\n${'\r\n'.repeat(huge / 2)}`)],
    ['open tags', () => Buffer.from(`Content-Type: text/html\r\n\r\n${'<style <script <'.repeat(huge / 16)}`)],
    ['an endless header', () => Buffer.from(`Content-Type: multipart/report${'; a=b'.repeat(huge / 5)}`)],
    ['a field without end', () => report([`Final-Recipient: rfc822;${'a'.repeat(huge)}`])],
    [
      'folds without end',
      () => report(['Final-Recipient: rfc822;a@example.com', 'Action: failed', ...Array.from({ length: 100_000 }, () => '\tx')]),
    ],
    ['addresses', () => Buffer.from(`Content-Type: text/plain\r\n\r\n${'a@'.repeat(huge / 2)}`)],
  ])('%s cost hardly more than others', (_what, make) => {
    expect(cost(make())).toBeLessThan(60);
  });

  test('has a thousand recipients at most', () => {
    const many = Array.from({ length: 3000 }, (_, at) => [...group({ 'Final-Recipient': `rfc822;r${at}@example.com` }), '']).flat();
    expect(readReport(report(many))?.recipients).toHaveLength(1000);
  });

  test('a report within an attached message is not this message', () => {
    const inner = report(group()).toString();
    const outer = crlf(
      'Content-Type: multipart/mixed; boundary=o',
      '',
      '--o',
      'Content-Type: text/plain',
      '',
      'FYI',
      '--o',
      'Content-Type: message/rfc822',
      '',
      inner,
      '--o--',
    );
    expect(readReport(Buffer.from(outer))).toBeUndefined();
  });

  test('control characters and lines do not get into the text, and it has an end', () => {
    const text =
      readReport(report(group({ 'Diagnostic-Code': `smtp; 550 \u001b[2J\u202e${'x'.repeat(5000)}` })))?.recipients[0]?.text ?? '';
    expect(text).toMatch(/^550 \[2J x+$/);
    expect(text).toHaveLength(1000);
  });

  test('bytes of any kind are no report, and no error', () => {
    expect(readReport(Buffer.alloc(0))).toBeUndefined();
    expect(readReport(Buffer.from(Array.from({ length: 65_536 }, (_, at) => (at * 31) % 256)))).toBeUndefined();
    expect(readReport(Buffer.from('Content-Type: text/plain; charset=klingon\r\n\r\nx'))).toBeUndefined();
  });
});
