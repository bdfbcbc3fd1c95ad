import { EX, exitStatusOf } from '../../../lib/cli/exit-status.js';
import { prepareMessage, SendmailMessageError, type SendmailContext, type SendmailMessage } from '../../../lib/cli/sendmail/message.js';
import { GraphTransportError } from '../../../lib/index.js';
import type { GraphTransportErrorCode } from '../../../lib/index.js';

interface Given {
  recipients?: string[];
  recipientsFromHeader?: boolean;
  ignoreDots?: boolean;
  sender?: string;
  fullName?: string;
  context?: Partial<SendmailContext>;
}

function prepare(lines: string[] | Buffer, { context, ...given }: Given = {}): SendmailMessage & { header: string[]; body: string } {
  const input = Buffer.isBuffer(lines) ? lines : Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const prepared = prepareMessage(
    input,
    { recipients: [], recipientsFromHeader: false, ignoreDots: false, sender: undefined, fullName: undefined, ...given },
    { mailbox: 'noreply@contoso.com', localRecipient: undefined, hostname: 'pve1', now: new Date('2030-01-02T03:04:05Z'), ...context },
  );
  const [head = '', ...rest] = prepared.raw.toString().split('\r\n\r\n');
  return { ...prepared, header: head.split(/\r\n(?![ \t])/), body: rest.join('\r\n\r\n') };
}

const toReader = { recipients: ['reader@example.com'] };

test('completes a message and leaves the rest as it was', () => {
  const { header, body, envelope, mailbox } = prepare(['Subject: Hello', 'X-Folded: a', '\tb', '', 'line 1', '', 'line 3'], toReader);
  expect(header).toEqual([
    'From: noreply@contoso.com',
    'Date: Wed, 02 Jan 2030 03:04:05 +0000',
    expect.stringMatching(/^Message-ID: <[0-9a-f-]{36}@contoso\.com>$/),
    'Subject: Hello',
    'X-Folded: a\r\n\tb',
  ]);
  expect(body).toBe('line 1\r\n\r\nline 3\r\n');
  expect({ envelope, mailbox }).toEqual({
    envelope: { from: 'noreply@contoso.com', to: ['reader@example.com'] },
    mailbox: 'noreply@contoso.com',
  });
});

test('adds nothing that is there', () => {
  const given = [
    'From: alerts@contoso.com',
    'Date: Tue, 01 Jan 2030 00:00:00 +0000',
    'message-id: <1@contoso.com>',
    'To: reader@example.com',
  ];
  expect(prepare([...given, '', 'x'], toReader).header).toEqual(given);
});

describe('recipients', () => {
  const letter = [
    'To: "Doe, J." <one@example.com>, two@example.com',
    'Cc: Team: three@example.com;',
    'bcc: four@example.com',
    'Subject: x',
    '',
    'x',
  ];

  test('of the command line are the only ones without -t', () => {
    const { envelope, header } = prepare(letter, toReader);
    expect(envelope.to).toEqual(['reader@example.com']);
    expect(header.some((line) => /^bcc/i.test(line))).toBe(false);
  });

  test('of the header count with -t, Bcc is taken out', () => {
    const { envelope, header } = prepare(letter, { recipientsFromHeader: true });
    expect(envelope.to).toEqual(['one@example.com', 'two@example.com', 'three@example.com', 'four@example.com']);
    expect(header.join('\n')).not.toContain('four@example.com');
    expect(header).toContain(letter[0]);
  });

  test('of both count with -t, each once, as with Postfix', () => {
    const { envelope } = prepare(letter, {
      recipientsFromHeader: true,
      recipients: ['TWO@example.com, five@example.com', 'Six <six@example.com>'],
    });
    expect(envelope.to).toEqual([
      'TWO@example.com',
      'five@example.com',
      'six@example.com',
      'one@example.com',
      'three@example.com',
      'four@example.com',
    ]);
  });

  test('of a resent message are those it is resent to', () => {
    const { envelope, header } = prepare(['Resent-To: again@example.com', 'Resent-Bcc: hidden@example.com', ...letter], {
      recipientsFromHeader: true,
    });
    expect(envelope.to).toEqual(['again@example.com', 'hidden@example.com']);
    expect(header.join('\n')).not.toContain('hidden@example.com');
  });

  test.each<[string, Given, number]>([
    ['none on the command line', {}, EX.USAGE],
    ['none in the header', { recipientsFromHeader: true }, EX.USAGE],
    ['a user of this machine', { recipients: ['root'] }, EX.NOUSER],
    ['a user at this machine', { recipients: ['root@pve1'] }, EX.NOUSER],
    ['an envelope sender of two', { ...toReader, sender: 'a@contoso.com,b@contoso.com' }, EX.USAGE],
    ['an envelope sender that smuggles a header', { ...toReader, sender: 'a@contoso.com\nBcc: x@example.com' }, EX.USAGE],
    ['no mailbox to send from', { ...toReader, context: { mailbox: undefined } }, EX.CONFIG],
  ])('%s: refused', (_, given, status) => {
    let thrown: unknown;
    try {
      prepare(['Subject: x', '', 'x'], given);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(SendmailMessageError);
    expect(thrown).toMatchObject({ status });
  });
});

describe('users of this machine', () => {
  const cron = ['From: root (Cron Daemon)', 'To: root', 'Subject: Cron <root@pve1> backup', '', 'done'];
  const context = { localRecipient: 'admin@example.com', localDomains: ['box.local'] };

  test('get their mail elsewhere, and write as the mailbox', () => {
    const { envelope, header } = prepare(cron, { recipientsFromHeader: true, sender: 'root', fullName: 'CronDaemon', context });
    expect(envelope).toEqual({ from: 'noreply@contoso.com', to: ['admin@example.com'] });
    expect(header).toContain('From: "Cron Daemon" <noreply@contoso.com>');
    expect(header).toContain('To: "root" <admin@example.com>');
    expect(header).toContain('Subject: Cron <root@pve1> backup');
  });

  test.each(['root', 'root@localhost', 'root@pve1', 'root@PVE1', 'root@box.local'])('%s is one', (user) => {
    expect(prepare(['Subject: x', '', 'x'], { recipients: [user], context }).envelope.to).toEqual(['admin@example.com']);
  });

  test.each([
    'root@contoso.com',
    'root@pve1.contoso.com',
    'root@pve1.ru',
    'root@pve10.contoso.com',
    'root@mail.pve1.example',
    'root@other',
  ])('%s is none', (user) => {
    expect(prepare(['Subject: x', '', 'x'], { recipients: [user], context }).envelope.to).toEqual([user]);
  });

  test('are taken out of Sender, Reply-To and Cc', () => {
    const { header } = prepare(
      ['Sender: root', 'Reply-To: root', 'Cc: Ops <ops@example.com>, root', 'Return-Path: <root>', '', 'x'],
      toReader,
    );
    expect(header.filter((line) => !/^(From|Date|Message-ID):/.test(line))).toEqual(['Cc: "Ops" <ops@example.com>']);
  });

  test('who write as root@machine are named', () => {
    expect(prepare(['From: root@pve1', '', 'x'], toReader).header[0]).toBe('From: "root@pve1" <noreply@contoso.com>');
  });
});

describe('the sender', () => {
  test.each<[string, string[], Given, string, string | false, string]>([
    ['is the mailbox', [], {}, 'noreply@contoso.com', 'noreply@contoso.com', 'From: noreply@contoso.com'],
    ['is -f', [], { sender: 'alerts@contoso.com' }, 'noreply@contoso.com', 'alerts@contoso.com', 'From: alerts@contoso.com'],
    [
      'has the name of -F',
      [],
      { fullName: 'Back "up"' },
      'noreply@contoso.com',
      'noreply@contoso.com',
      'From: "Back \\"up\\"" <noreply@contoso.com>',
    ],
    [
      'has an international name',
      [],
      { fullName: 'Büro' },
      'noreply@contoso.com',
      'noreply@contoso.com',
      'From: =?UTF-8?Q?B=C3=BCro?= <noreply@contoso.com>',
    ],
    [
      'cannot smuggle a header',
      [],
      { fullName: 'a\nBcc: b@example.com' },
      'noreply@contoso.com',
      'noreply@contoso.com',
      'From: "a Bcc: b@example.com" <noreply@contoso.com>',
    ],
    [
      'in the header is not replaced',
      ['From: alerts@contoso.com'],
      { fullName: 'x' },
      'noreply@contoso.com',
      'alerts@contoso.com',
      'From: alerts@contoso.com',
    ],
    [
      'is -f where no mailbox is set',
      [],
      { sender: 'alerts@contoso.com', context: { mailbox: undefined } },
      'alerts@contoso.com',
      'alerts@contoso.com',
      'From: alerts@contoso.com',
    ],
    [
      'is From where nothing else is set',
      ['From: a <alerts@contoso.com>'],
      { context: { mailbox: undefined } },
      'alerts@contoso.com',
      'alerts@contoso.com',
      'From: a <alerts@contoso.com>',
    ],
    ['is a null sender', [], { sender: '' }, 'noreply@contoso.com', 'noreply@contoso.com', 'From: noreply@contoso.com'],
  ])('%s', (_, lines, given, mailbox, envelopeFrom, from) => {
    const prepared = prepare([...lines, '', 'x'], { ...toReader, ...given });
    expect(prepared.header.filter((line) => line.startsWith('From:'))).toEqual([from]);
    expect([prepared.mailbox, prepared.envelope.from]).toEqual([mailbox, envelopeFrom]);
  });

  test('is left to Exchange where the mailbox is no address', () => {
    const { header, envelope, mailbox } = prepare(['From: root', '', 'x'], { ...toReader, context: { mailbox: 'me' } });
    expect(header.some((line) => line.startsWith('From:'))).toBe(false);
    expect([mailbox, envelope.from]).toEqual(['me', false]);
  });
});

describe('--force-from', () => {
  const forced = { forceFrom: 'alerts@contoso.com' };
  const program = ['From: "Backup" <backup@example.com>', 'Sender: x@example.com', 'Subject: x', '', 'x'];

  test('is who a message is from, and its author gets the answers', () => {
    const { header, envelope, mailbox } = prepare(program, {
      ...toReader,
      sender: 'root@example.com',
      context: { ...forced, mailbox: undefined },
    });
    expect(header).toEqual(expect.arrayContaining(['From: "Backup" <alerts@contoso.com>', 'Reply-To: "Backup" <backup@example.com>']));
    expect(header.join('\n')).not.toMatch(/^Sender:|root@/m);
    expect({ envelope, mailbox }).toEqual({
      envelope: { from: 'alerts@contoso.com', to: ['reader@example.com'] },
      mailbox: 'alerts@contoso.com',
    });
  });

  test('leaves a Reply-To as it is', () => {
    const { header } = prepare(['Reply-To: team@example.com', ...program], { ...toReader, context: forced });
    expect(header.filter((line) => /^reply-to:/i.test(line))).toEqual(['Reply-To: team@example.com']);
  });

  test('says who a user of this machine is, whom nobody can answer', () => {
    const { header } = prepare(['From: root (Cron Daemon)', 'Subject: x', '', 'x'], { ...toReader, context: forced });
    expect(header).toContain('From: "Cron Daemon" <alerts@contoso.com>');
    expect(header.some((line) => /^reply-to:/i.test(line))).toBe(false);
  });

  test('may have a name of its own', () => {
    const { header } = prepare(program, { ...toReader, context: { forceFrom: 'Contoso Alerts <alerts@contoso.com>' } });
    expect(header).toContain('From: "Contoso Alerts" <alerts@contoso.com>');
  });

  test.each(['root', 'a@contoso.com, b@contoso.com', '', 'alerts@', '<>'])('"%s" is refused', (forceFrom) => {
    expect(() => prepare(program, { ...toReader, context: { forceFrom } })).toThrow('--force-from');
  });
});

test('a Message-ID is the same in every try', () => {
  const { header } = prepare(['Subject: x', '', 'x'], { ...toReader, context: { uniqueId: '1-2-3' } });
  expect(header).toContain('Message-ID: <1-2-3@contoso.com>');
});

describe('odd input', () => {
  test.each<[string, string[], Given, string]>([
    ['a lone dot ends the message', ['Subject: x', '', 'a', '.', 'b'], {}, 'a\r\n'],
    ['with -i it is text', ['Subject: x', '', 'a', '.', 'b'], { ignoreDots: true }, 'a\r\n.\r\nb\r\n'],
    ['more dots are text', ['', 'a', '..', '. '], {}, 'a\r\n..\r\n. \r\n'],
    ['text without a header is the body', ['just text', 'Subject: no'], {}, 'just text\r\nSubject: no\r\n'],
    ['a header that runs into the text is split', ['Subject: x', 'just text'], {}, 'just text\r\n'],
    ['an mbox line is dropped', ['From root Mon Jan  1 00:00:00 2030', 'Subject: x', '', 'a'], {}, 'a\r\n'],
    ['nothing at all is an empty message', [], {}, ''],
  ])('%s', (_, lines, given, body) => {
    expect(prepare(lines, { ...toReader, ...given }).body).toBe(body);
  });

  test('CRLF stays CRLF, and the last line may be unfinished', () => {
    const { header, body } = prepare(Buffer.from('Subject: x\r\n\r\na\r\nb'), toReader);
    expect([header.at(-1), body]).toEqual(['Subject: x', 'a\r\nb\r\n']);
  });

  test.each([
    ['UTF-8', Buffer.from('Subject: x\n\nGrüße\n'), 'Content-Type: text/plain; charset=utf-8'],
    ['Latin-1', Buffer.from('Subject: x\n\nGr\xfc\xdfe\n', 'latin1'), 'Content-Type: text/plain; charset=iso-8859-1'],
  ])('text in %s without a charset gets one; bytes stay', (_, input, type) => {
    const { header, raw } = prepare(input, toReader);
    expect(header).toContain(type);
    expect(raw.includes(input.subarray(input.indexOf('Gr'), input.length - 1))).toBe(true);
    const named = Buffer.concat([Buffer.from('Content-Type: text/plain; charset=x\n'), input]);
    expect(prepare(named, toReader).header.filter((line) => /^content-type/i.test(line))).toEqual(['Content-Type: text/plain; charset=x']);
  });
});

test.each<[GraphTransportErrorCode, object, number]>([
  ['ECONFIG', { permanent: true }, 78],
  ['EAUTH', { permanent: true }, 77],
  ['EAUTH', { permanent: false }, 75],
  ['EENVELOPE', { permanent: true, httpStatus: 400 }, 67],
  ['EENVELOPE', { permanent: true }, 67],
  ['EENVELOPE', { permanent: true, httpStatus: 404 }, 78],
  ['EENVELOPE', { permanent: true, httpStatus: 403 }, 77],
  ['EMESSAGE', { permanent: true }, 65],
  ['ECONNECTION', {}, 75],
  ['ECONNECTION', { permanent: true }, 78],
  ['ECONNECTION', { ambiguous: true }, 69],
  ['ETIMEDOUT', {}, 75],
  ['EABORT', {}, 75],
  ['EGRAPH', {}, 75],
  ['EGRAPH', { permanent: true }, 69],
  ['EGRAPH', { ambiguous: true }, 69],
])('%s %j exits with %d', (code, details, status) => {
  expect(exitStatusOf(new GraphTransportError(code, 'x', details))).toBe(status);
});

test('a mistake of this program exits with EX_SOFTWARE', () => {
  expect(exitStatusOf(new TypeError('x'))).toBe(70);
});

describe('line ends that only some readers know', () => {
  const input = (line: string) => Buffer.from(`To: b@example.com\n${line}\n\nx\n`);
  const separators = ['\r', '\v', '\f', '\x1c', '\u0085', '\u2028', '\u2029', '\0'];

  test.each(separators)('%j in a subject begins no field', (separator) => {
    const { envelope, header } = prepare(input(`Subject: hi${separator}Cc: c@example.com`), { recipientsFromHeader: true });
    expect(envelope.to).toEqual(['b@example.com']);
    expect(header).toContain('Subject: hi Cc: c@example.com');
  });

  test.each(separators)('%j in an address field is refused', (separator) => {
    expect(() => prepare(input(`Cc: d@example.com${separator}Bcc: c@example.com`), { recipientsFromHeader: true })).toThrow(
      /the header field cc/,
    );
  });

  test('names and addresses beyond ASCII are read as UTF-8', () => {
    const { envelope } = prepare(['To: Jörg <jörg@example.com>', '', 'x'], { recipientsFromHeader: true });
    expect(envelope.to).toEqual(['jörg@example.com']);
  });
});

test.each([
  ['junk', 'a line that is no field'],
  ['X-Gr\u00f6\u00dfe: 5', 'a name beyond ASCII'],
  [': 5', 'no name'],
  ['>From somebody', 'a quoted mbox line'],
])('a Bcc behind %j, %s, does not become text that everybody reads', (line) => {
  for (const hidden of [
    'Bcc: hidden@example.com',
    'resent-bcc : hidden@example.com',
    '\vBcc: hidden@example.com',
    'B\u2028cc: hidden@example.com',
  ])
    for (const recipientsFromHeader of [true, false])
      expect(() => prepare(['To: reader@example.com', line, hidden, '', 'x'], { ...toReader, recipientsFromHeader })).toThrow(
        /Bcc behind it/,
      );
});

test.each(['\v', '\f', '\u0085', '\u2028', '\0', '\b'])('a Bcc with %j in or before its name is refused', (separator) => {
  for (const hidden of [`${separator}Bcc: hidden@example.com`, `B${separator}cc: hidden@example.com`])
    expect(() => prepare(['To: reader@example.com', hidden, '', 'x'], toReader)).toThrow(SendmailMessageError);
});

test('a text that only mentions Bcc is sent', () => {
  expect(prepare(['Subject: x', '', 'Bcc: see the manual'], toReader).body).toBe('Bcc: see the manual\r\n');
  expect(prepare(['How to', 'Bcc: see the manual'], toReader).body).toBe('How to\r\nBcc: see the manual\r\n');
});

test('a byte order mark does not hide the header', () => {
  const { envelope, header } = prepare(['\ufeffTo: reader@example.com', 'Bcc: hidden@example.com', '', 'x'], {
    recipientsFromHeader: true,
  });
  expect(envelope.to).toEqual(['reader@example.com', 'hidden@example.com']);
  expect(header.join()).not.toContain('hidden');
});
