import { sample } from '../support/sample.js';
import { MAILBOX, problemsOf, startEnvelopeHarness, type EnvelopeHarness, type Format } from './harness.js';

let harness: EnvelopeHarness;
beforeAll(async () => {
  harness = await startEnvelopeHarness();
});
afterAll(() => harness.close());

type Expected = 'sent' | 'refused' | 'either' | 'anything' | 'EMESSAGE' | 'EENVELOPE';
interface Example {
  name: string;
  data: () => object;
  /** Who gets it, where it is sent. */
  to?: string[];
  outcome: Expected;
  /** By version, where it differs. */
  by?: Partial<Record<string, Expected>>;
  /** Part of the error's message. */
  names?: RegExp;
}

const base = { from: MAILBOX, to: 'b@example.com', subject: 'Hello', text: 'Hello' };
const example = (name: string, data: () => object, outcome: Expected, more: Partial<Example> = {}): Example => ({
  name,
  data: () => ({ ...base, ...data() }),
  outcome,
  to: ['b@example.com'],
  ...more,
});
const raw = (name: string, source: string | Buffer, outcome: Expected, more: Partial<Example> = {}): Example =>
  example(name, () => ({ envelope: { from: MAILBOX, to: more.to ?? ['b@example.com'] }, raw: source }), outcome, more);
/** As parsers of JSON and GraphQL make them. */
const bare = (address: string) => Object.assign(Object.create(null) as object, { name: 'C', address });
function nestedList(innermost: unknown): unknown {
  let list = innermost;
  for (let depth = 0; depth < 10_000; depth++) list = [list];
  return list;
}
function circle(of: object): object {
  return Object.assign(of, { 0: of, self: of, content: of, address: of, to: of, key: 'X-A', value: of });
}
const letter = (...lines: string[]) => [`From: ${MAILBOX}`, ...lines, '', 'x', ''].join('\r\n');

const separators = {
  CR: '\r',
  VT: '\v',
  FF: '\f',
  FS: '\x1c',
  NEL: '\u0085',
  LS: '\u2028',
  PS: '\u2029',
  NUL: '\0',
  'lone byte 85': '\x85',
};

const examples: Example[] = [
  ...Object.entries(separators).flatMap(([name, separator]) => [
    raw(`raw: ${name} in Subject`, letter('To: b@example.com', `Subject: hi${separator}Cc: c@example.com`), 'sent'),
    raw(
      `raw as bytes: ${name} in Subject`,
      Buffer.from(letter('To: b@example.com', `Subject: hi${separator}Cc: c@example.com`), name === 'lone byte 85' ? 'latin1' : 'utf8'),
      'sent',
    ),
    raw(`raw: ${name} in To`, letter(`To: b@example.com${separator}Cc: c@example.com`), 'either'),
    raw(`raw: ${name} in From`, [`From: ${MAILBOX}${separator}Bcc: c@example.com`, 'To: b@example.com', '', 'x'].join('\n'), 'either'),
    raw(`raw: ${name} before a name`, letter('To: b@example.com', `${separator}Cc: c@example.com`), 'sent'),
  ]),
  raw('raw: CR CR LF', letter('To: b@example.com', 'Subject: hi').replaceAll('\r\n', '\r\r\n'), 'sent'),
  raw('raw: CR only', letter('To: b@example.com', 'Subject: hi').replaceAll('\r\n', '\r'), 'refused'),
  example('prepared: a break before', () => ({ headers: { 'X-A': { prepared: true, value: '\r\nCc: c@example.com' } } }), 'EMESSAGE', {
    names: /X-A/,
  }),
  example(
    'prepared: a break behind',
    () => ({ headers: { 'X-A': { prepared: true, value: 'hello\r\n' } }, bcc: 'hidden@example.com' }),
    'EMESSAGE',
    { names: /X-A/ },
  ),
  example(
    'prepared: breaks behind',
    () => ({ headers: { 'X-A': { prepared: true, value: 'hello\n\n' } }, bcc: 'hidden@example.com' }),
    'EMESSAGE',
  ),
  example(
    'prepared: a list of headers',
    () => ({ headers: [{ key: 'X-A', value: { prepared: true, value: 'a\rCc: c@example.com' } }] }),
    'EMESSAGE',
  ),
  example('prepared: several', () => ({ headers: { 'X-A': ['x', { prepared: true, value: '\nCc: c@example.com' }] } }), 'EMESSAGE'),
  example('prepared: a fold', () => ({ headers: { 'X-A': { prepared: true, value: 'one\r\n two\n\tthree' } } }), 'sent'),
  example('prepared: a line separator', () => ({ headers: { 'X-A': { prepared: true, value: 'one\u2028Cc: c@example.com' } } }), 'sent'),
  example(
    'prepared in an attachment',
    () => ({ attachments: [{ filename: 'a', content: 'x', headers: { 'X-A': { prepared: true, value: '\r\n\r\nCc: c' } } }] }),
    'EMESSAGE',
    { names: /X-A of an attachment/ },
  ),
  example(
    'prepared in an alternative',
    () => ({ alternatives: [{ contentType: 'text/x', content: 'x', headers: { 'X-A': { prepared: true, value: 'a\r\n' } } }] }),
    'EMESSAGE',
  ),
  example('a prepared Message-ID', () => ({ messageId: { prepared: true, value: '<a@b>\r\nCc: c@example.com' } }), 'EMESSAGE', {
    names: /Message-ID/,
  }),
  example('a Message-ID with breaks', () => ({ messageId: '<a@contoso.com>\r\nCc: c@example.com' }), 'either'),
  example('an encoded word as an address', () => ({ to: '=?utf-8?Q?c=40example=2Ecom?=@example.com' }), 'EENVELOPE'),
  example(
    'an encoded word as an address of the envelope',
    () => ({ envelope: { from: MAILBOX, to: ['=?utf-8?Q?c=40example=2Ecom?=@example.com'] } }),
    'EENVELOPE',
  ),
  example('an encoded line break in the subject', () => ({ subject: '=?utf-8?Q?hi=0D=0ACc=3A_c=40example=2Ecom?=' }), 'sent'),
  example('an encoded NUL in the subject', () => ({ subject: '=?utf-8?B?aGkACg==?=' }), 'sent'),
  example('an encoded line break in a name', () => ({ to: '=?utf-8?Q?B=0D=0ACc=3A_c=40example=2Ecom?= <b@example.com>' }), 'sent'),
  example('an encoded line break in References', () => ({ references: '<a@b> =?utf-8?Q?=0D=0ACc=3A_c?=' }), 'sent'),
  example(
    'an encoded line break in a list',
    () => ({ list: { help: { url: 'help@example.com', comment: '=?utf-8?Q?a=0D=0ACc=3A_c?=' } } }),
    'sent',
  ),
  example(
    'an encoded line break in a file name',
    () => ({ attachments: [{ filename: '=?utf-8?Q?a=0D=0Ab?=.txt', content: 'x' }] }),
    'sent',
  ),
  example('a line break in a file name', () => ({ attachments: [{ filename: 'a\r\nCc: c@example.com.txt', content: 'x' }] }), 'sent'),
  example('NUL in a file name', () => ({ attachments: [{ filename: 'a\0.txt', content: 'x' }] }), 'EMESSAGE', { names: /NUL/ }),
  example('a colon in a header name', () => ({ headers: { 'To:x': 'c@example.com' } }), 'EMESSAGE', { by: { 10: 'either' } }),
  example('a header name beyond ASCII', () => ({ headers: { 'X-Größe': '5' }, bcc: 'hidden@example.com' }), 'EMESSAGE'),
  example('a blank in a header name', () => ({ headers: { 'X A': '5' } }), 'EMESSAGE', { by: { 10: 'either' } }),
  example('a comment in a header name', () => ({ headers: { 'Cc: c@example.com (': ')' } }), 'EMESSAGE', { by: { 10: 'either' } }),
  example(
    'a header name beyond ASCII in a part',
    () => ({ attachments: [{ filename: 'a', content: 'x', headers: { 'X-Größe': '5' } }] }),
    'EMESSAGE',
  ),
  example('a header name beyond ASCII in a list', () => ({ list: { größe: 'https://example.com' } }), 'EMESSAGE'),
  raw('raw: a name folded before the colon', letter('To: b@example.com', 'Cc\r\n : c@example.com'), 'sent'),
  raw('raw: an unclosed comment', letter('To: (b@example.com', 'Cc: b@example.com'), 'sent'),
  raw('raw: an unclosed comment that swallows', letter('To: b@example.com (c', 'Subject: a)'), 'sent'),
  raw('raw: a junk line', letter('To: b@example.com', 'junk', 'Subject: hi'), 'sent', { to: ['b@example.com', 'hidden@example.com'] }),
  raw('raw: a junk line before Bcc', letter('To: b@example.com', 'junk', 'Bcc: c@example.com'), 'sent'),
  raw('raw: blank behind the name', letter('To : b@example.com', 'Cc : c@example.com'), 'sent'),
  raw('raw: a line of blanks', letter('To: b@example.com', '  ', 'Cc: c@example.com'), 'sent'),
  raw('raw: continued first line', `  Cc: c@example.com\r\n${letter('To: b@example.com')}`, 'sent'),
  raw('raw: no empty line', `From: ${MAILBOX}\r\nTo: b@example.com\r\nHello`, 'EMESSAGE'),
  raw('raw: header only', `From: ${MAILBOX}\r\nTo: b@example.com\r\n`, 'sent'),
  raw('raw: two From', letter('From: c@example.com', 'To: b@example.com'), 'sent'),
  raw('raw: Resent-Bcc', letter('To: b@example.com', 'Resent-Bcc: c@example.com'), 'sent'),
  raw('raw: an mbox line', `From b@example.com Thu Nov 26 00:00:00 2026\r\n${letter('To: b@example.com')}`, 'sent'),
  raw('raw: a group without an end', letter('To: Team: b@example.com, c@example.com'), 'sent'),
  raw('raw: a route', letter('To: <@c.example.com:b@example.com>'), 'either'),
  raw('raw: encoded words as an address', letter('To: =?utf-8?Q?c=40example=2Ecom?=, b@example.com'), 'either'),
  raw(
    'raw: nested groups and comments',
    letter('To: a (x (y) \\) z): b@example.com (c@example.com);', 'Cc: "c@example.com" <b@example.com>'),
    'sent',
  ),
  raw('raw: recipients in Apparently-To', letter('To: b@example.com', 'Apparently-To: b@example.com'), 'sent'),
  // newer versions of Nodemailer quote dots that are no dot-atom
  example('dots where no dot-atom has them', () => ({ to: { name: '', address: '.a..b.@example.com' } }), 'sent', {
    to: ['".a..b."@example.com'],
    by: { 7: 'EENVELOPE', 8: 'EENVELOPE' },
  }),
  ...[
    'x:a@example.com',
    'b"@example.com',
    'a(b)c@example.com',
    'a@exam(p)le.com',
    'a@b@example.com',
    'a,b@example.com',
    'a;b@example.com',
    'a@exam ple.com',
    'a@example..com',
    'a@',
    '@example.com',
    'a@[1.2.3.4',
    'a\\b@example.com',
    'a\u2028b@example.com',
  ].map((address) => example(`an address object ${JSON.stringify(address)}`, () => ({ to: { name: '', address } }), 'EENVELOPE')),
  ...['x:a@example.com', 'b"@example.com', 'a(b)c@example.com', 'a@exam(p)le.com'].map((address) =>
    example(`an envelope of ${JSON.stringify(address)}`, () => ({ envelope: { from: MAILBOX, to: [address] } }), 'refused'),
  ),
  ...['x:a@example.com', 'b"@example.com', 'a(b)c@example.com', 'a@exam(p)le.com'].map((address) =>
    example(`an address text of ${JSON.stringify(address)}`, () => ({ to: ['b@example.com', address] }), 'EENVELOPE'),
  ),
  example(
    'the Kelvin sign is no k',
    () => ({ to: 'k@example.com', cc: '\u212a@example.com', envelope: { from: MAILBOX, to: ['k@example.com'] } }),
    'sent',
    { to: ['k@example.com'] },
  ),
  example('a line break in the subject', () => ({ subject: 'Hey,\nBob' }), 'sent'),
  example('one recipient a line', () => ({ to: 'a@example.com,\nb@example.com' }), 'sent', { to: ['a@example.com', 'b@example.com'] }),
  example('one recipient a line without commas', () => ({ to: 'b@example.com\na@example.com' }), 'sent'),
  example('pretty-printed JSON in a header', () => ({ headers: { 'X-SMTPAPI': JSON.stringify({ a: 1, b: { c: 2 } }, null, 2) } }), 'sent'),
  example('a new header in a recipient', () => ({ to: 'b@example.com\r\nBcc: c@example.com' }), 'EENVELOPE'),
  example('NUL in the subject', () => ({ subject: 'a\0b' }), 'EMESSAGE', { names: /Subject contains a NUL/ }),
  example('a number as a name', () => ({ to: { name: 4711, address: 'b@example.com' } }), 'sent'),
  example('a number as the subject', () => ({ subject: 4711 }), 'sent'),
  example('half a surrogate pair in a name', () => ({ to: { name: 'a\ud800', address: 'b@example.com' } }), 'sent'),
  example('a Kelvin sign in a local part', () => ({ to: { name: 'c@evil.example', address: '\u212aBcc: c@evil.example' } }), 'either', {
    to: [],
  }),
  example('a Kelvin sign in a domain', () => ({ to: 'a@\u212a.example' }), 'either', { to: [] }),
  example('half a surrogate pair in a domain', () => ({ to: ';?c@evil.example\udc00\ud800' }), 'EENVELOPE', {
    names: /\bto\b.*surrogate/i,
  }),
  example('half a surrogate pair in a domain, in a list', () => ({ cc: ['b@example.com', 'C <c@evil.example\udc00>'] }), 'EENVELOPE'),
  example(
    'half a surrogate pair in a domain of the envelope',
    () => ({ envelope: { from: MAILBOX, to: 'c@\ud800.example' } }),
    'EENVELOPE',
  ),
  example('half a surrogate pair in an address object', () => ({ to: { name: '', address: 'c@\ud800.example' } }), 'EENVELOPE'),
  example('half a surrogate pair in a file name', () => ({ attachments: [{ filename: 'a\udc00.txt', content: 'x' }] }), 'sent'),
  example('16 MB of header', () => ({ headers: { 'X-A': 'a'.repeat(16_000_000) } }), 'EMESSAGE', { names: /longer than/ }),
  raw('raw: 16 MB of header', letter('To: b@example.com', `X-A: ${'a '.repeat(8_000_000)}`), 'EMESSAGE', { names: /longer than/ }),
  example('Resent fields in headers', () => ({ headers: { 'Resent-To': 'c@example.com', 'Resent-From': MAILBOX } }), 'sent'),
  // Nodemailer 7 makes punycode of it that no domain is written as
  example('a soft hyphen in a domain', () => ({ to: 'b@ex\u00adample.com' }), 'either'),
  example('broken punycode', () => ({ to: 'b@xn--example-mka.com' }), 'EENVELOPE'),
  example('broken punycode behind a dot', () => ({ to: 'b@mail.XN--.com' }), 'EENVELOPE'),
  example(
    'hidden recipients in the header of an attachment',
    () => ({ attachments: [{ content: 'x', headers: { 'Resent-Bcc': 'h@example.com' } }] }),
    'either',
  ),
  example(
    'Bcc in the header of an attachment, which Nodemailer leaves out',
    () => ({ attachments: [{ content: 'x', headers: { Bcc: 'h@example.com' } }] }),
    'sent',
  ),
  example(
    'hidden recipients in a ready-made part',
    () => ({ attachments: [{ raw: 'Content-Type: text/plain\r\nBcc: h@example.com\r\n\r\nx' }] }),
    'either',
  ),
  raw(
    'raw: hidden recipients in the header of a part',
    letter('To: b@example.com', 'Content-Type: multipart/mixed; boundary=x', '', '--x', 'Bcc: h@example.com', '', 'x', '--x--'),
    'either',
  ),
  raw(
    'raw: Bcc in the text of a part',
    letter('To: b@example.com', 'Content-Type: multipart/mixed; boundary=x', '', '--x', '', 'Bcc: h@example.com', '--x--'),
    'sent',
  ),
  example(
    'lists within lists of objects without a prototype',
    () => ({ sender: [[bare('c@example.com')], [bare('d@example.com')], []], replyTo: [[bare('c@example.com')]] }),
    'either',
  ),
  ...Object.entries({
    to: () => ({ to: nestedList('b@example.com') }),
    replyTo: () => ({ replyTo: nestedList('b@example.com') }),
    envelope: () => ({ envelope: { from: MAILBOX, to: nestedList('b@example.com') } }),
    headers: () => ({ headers: { 'X-A': nestedList('x') } }),
    references: () => ({ references: nestedList('<x@y>') }),
    list: () => ({ list: { help: nestedList('x@example.com') } }),
    attachments: () => ({ attachments: nestedList({ content: 'x' }) }),
    alternatives: () => ({ alternatives: nestedList({ content: 'x' }) }),
    'graph.message': () => ({ graph: { message: { categories: nestedList('x') } } }),
  }).flatMap(([name, data]) => [example(`${name}: 10,000 lists within lists`, data, 'anything')]),
  ...[
    'to',
    'cc',
    'replyTo',
    'sender',
    'subject',
    'text',
    'headers',
    'references',
    'list',
    'attachments',
    'alternatives',
    'icalEvent',
    'envelope',
    'raw',
    'date',
    'dsn',
  ].flatMap((name) => [
    example(`${name}: a list that contains itself`, () => ({ [name]: circle([]) }), 'anything'),
    example(`${name}: an object that contains itself`, () => ({ [name]: circle({}) }), 'anything'),
  ]),
  example('graph.message: an object that contains itself', () => ({ graph: { message: { flag: circle({}) } } }), 'refused'),
  raw(
    'raw: 10,000 parts within parts',
    letter(
      'To: b@example.com',
      ...Array.from({ length: 10_000 }, (_, at) => [`Content-Type: multipart/mixed; boundary=b${at}b`, '', `--b${at}b`]).flat(),
      '',
      'x',
    ),
    'anything',
  ),
  raw(
    'raw: 10,000 messages within messages',
    letter('To: b@example.com', ...Array.from({ length: 10_000 }, () => ['Content-Type: message/rfc822', '']).flat()),
    'anything',
  ),
  raw(
    'raw: a multipart of 20,000 parts',
    letter(
      'To: b@example.com',
      'Content-Type: multipart/mixed; boundary=x',
      '',
      ...Array.from({ length: 20_000 }, () => ['--x', '', 'y']).flat(),
      '--x--',
    ),
    'anything',
  ),
  raw('raw: 10,000 header fields', letter('To: b@example.com', ...Array.from({ length: 10_000 }, () => 'X-A: x')), 'anything'),
  raw(
    'raw: html of 100,000 elements within elements',
    letter('To: b@example.com', 'Content-Type: text/html', '', '<div>'.repeat(100_000)),
    'anything',
  ),
  example('an empty Bcc list', () => ({ bcc: [] }), 'sent'),
];

const all = ['7', '8', '9', '10'].flatMap((version) =>
  (['json', 'mime'] as Format[]).flatMap((format) => examples.map((one) => ({ ...one, version, format }))),
);

test.each(sample(all, { share: 0.2, by: ({ name }) => name }))(
  'Nodemailer $version, $format: $name',
  async ({ name, data, version, format, outcome, by, to = [], names }) => {
    const result = await harness.send(version, data(), format);
    const expected = by?.[version] ?? outcome;
    const actual = result.kind === 'refused' ? result.error.code : result.kind;
    const told = result.kind === 'sent' ? result.recipients.join() : result.error.message;
    if (expected === 'refused') expect(`${actual}: ${told}`).toMatch(/^E(MESSAGE|ENVELOPE):/);
    else if (expected !== 'either' && expected !== 'anything') expect(`${actual}: ${told}`).toMatch(new RegExp(`^${expected}: `));
    if (result.kind === 'sent') expect(result.source).not.toContain('h@example.com'.repeat(name.includes('in the text') ? 2 : 1));
    if (names && result.kind === 'refused') expect(result.error.message).toMatch(names);
    // where the versions read different addresses out of it, what counts is that everybody agrees
    // the sandbox has limits of its own
    if (expected === 'anything' && result.kind === 'refused' && result.error.httpStatus !== undefined) {
      return expect(harness.sandbox.messages).toEqual([]);
    }
    if (expected === 'anything') return expect(problemsOf(result, result.kind === 'sent' ? result.info.envelope.to : [])).toEqual([]);
    const envelope = to.length > 0 || result.kind !== 'sent' ? to : result.info.envelope.to;
    expect(problemsOf(result, envelope)).toEqual([]);
  },
);
