import { readMessageSettings } from '../../lib/plan/message-settings.js';
import { isGraphTransportError, type GraphTransportError } from '../../lib/errors/graph-transport-error.js';
import { readMailbox } from '../../lib/config/mailbox.js';
import { readOptions as readWith } from '../../lib/config/read-options.js';
import { show } from '../../lib/errors/config-error.js';
import type { GraphTransportOptions, Settings } from '../../lib/options.js';
import { compileMail } from '../message/compile-mail.js';
import { makeCertificate } from '../sign-in/make-certificate.js';

const SECRET = 'Ab8Q~the-secret';
const pair = makeCertificate('app');
const PEM = pair.certificate + pair.privateKey;
const SIGN_IN = {
  tenantId: '11111111-1111-1111-1111-111111111111',
  clientId: '22222222-2222-2222-2222-222222222222',
  clientSecret: SECRET,
};
const credential = { getToken: async () => null };

/** Without the environment of whoever runs the tests. */
function readOptions(options: GraphTransportOptions): Settings {
  return readWith(options, {});
}

function refusalOf(act: () => unknown): GraphTransportError {
  try {
    act();
  } catch (error) {
    if (isGraphTransportError(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('defaults', () => {
  test('the sign-in alone is enough', () => {
    expect(readOptions(SIGN_IN)).toEqual({
      signIn: { kind: 'secret', ...SIGN_IN },
      mailbox: undefined,
      saveToSentItems: true,
      format: 'auto',
      route: 'auto',
      onLoss: 'warn',
      tenantFacts: undefined,
      hosts: { graphEndpoint: 'https://graph.microsoft.com', authorityHost: 'https://login.microsoftonline.com' },
      wellKnownAuthority: true,
      maxConnections: 4,
      rateLimit: undefined,
      ratePer: 'transport',
      rateDelta: 1000,
      maxRecipients: 500,
      retries: 3,
      maxRetryDelay: 120_000,
      connectionTimeout: 30_000,
      socketTimeout: 120_000,
      requestTimeout: 300_000,
      ca: undefined,
      proxies: { always: undefined, byEnvironment: undefined, exceptions: [] },
      secretExpires: undefined,
      logger: false,
      component: 'graph-transport',
    });
  });

  test('an option that is undefined is not given, known or not', () => {
    const names = [
      'mailbox',
      'format',
      'cloud',
      'graphEndpoint',
      'rateLimit',
      'tls',
      'logger',
      'component',
      'retries',
      'credential',
      'proxy',
    ];
    const blank = Object.fromEntries(names.map((name) => [name, undefined]));
    expect(readOptions({ ...SIGN_IN, ...blank })).toEqual(readOptions(SIGN_IN));
  });
});

describe('what is given is taken', () => {
  test.each<[string, object, object]>([
    ['mailbox', { mailbox: ' noreply@contoso.com ' }, { mailbox: 'noreply@contoso.com' }],
    ['an object id as mailbox', { mailbox: '6e7f9d1a-0b2c-4d3e-8f90-a1b2c3d4e5f6' }, { mailbox: '6e7f9d1a-0b2c-4d3e-8f90-a1b2c3d4e5f6' }],
    ['saveToSentItems', { saveToSentItems: false }, { saveToSentItems: false }],
    ['format', { format: 'mime' }, { format: 'mime' }],
    ['route', { route: 'draft' }, { route: 'draft' }],
    ['onLoss', { onLoss: 'error' }, { onLoss: 'error' }],
    [
      'cloud',
      { cloud: 'china' },
      {
        hosts: { graphEndpoint: 'https://microsoftgraph.chinacloudapi.cn', authorityHost: 'https://login.chinacloudapi.cn' },
        wellKnownAuthority: true,
      },
    ],
    [
      'graphEndpoint',
      { graphEndpoint: 'https://graph.example.com/' },
      {
        hosts: { graphEndpoint: 'https://graph.example.com', authorityHost: 'https://login.microsoftonline.com' },
        wellKnownAuthority: true,
      },
    ],
    [
      'authorityHost',
      { authorityHost: 'https://Login.example.com:443' },
      { hosts: { graphEndpoint: 'https://graph.microsoft.com', authorityHost: 'https://login.example.com' }, wellKnownAuthority: false },
    ],
    [
      'an endpoint on this machine',
      { graphEndpoint: 'http://127.0.0.1:8025' },
      { hosts: { graphEndpoint: 'http://127.0.0.1:8025', authorityHost: 'https://login.microsoftonline.com' } },
    ],
    ['maxConnections', { maxConnections: 1 }, { maxConnections: 1 }],
    ['rateLimit and rateDelta', { rateLimit: 30, rateDelta: 60_000 }, { rateLimit: 30, rateDelta: 60_000 }],
    ['ratePer', { rateLimit: 5, ratePer: 'mailbox' }, { rateLimit: 5, rateDelta: 1000, ratePer: 'mailbox' }],
    ["rateLimit: 'exchange'", { rateLimit: 'exchange' }, { rateLimit: 30, rateDelta: 60_000, ratePer: 'mailbox' }],
    ["rateLimit: 'exchange' per mailbox", { rateLimit: 'exchange', ratePer: 'mailbox' }, { rateLimit: 30 }],
    ['rateLimit: false, as in Nodemailer', { rateLimit: false }, { rateLimit: undefined }],
    ['maxRecipients', { maxRecipients: 1000 }, { maxRecipients: 1000 }],
    ['retries: 0', { retries: 0 }, { retries: 0 }],
    ['maxRetryDelay: 0', { maxRetryDelay: 0 }, { maxRetryDelay: 0 }],
    ['the longest timer there is', { requestTimeout: 2 ** 31 - 1 }, { requestTimeout: 2 ** 31 - 1 }],
    ['tls.ca as text', { tls: { ca: PEM } }, { ca: PEM }],
    ['tls.ca as a list', { tls: { ca: [PEM, Buffer.from(PEM)] } }, { ca: [PEM, Buffer.from(PEM)] }],
    ['tls without ca', { tls: {} }, { ca: undefined }],
    ['proxy', { proxy: 'http://user:password@proxy.contoso.com:8080' }, { proxies: { always: { name: 'proxy.contoso.com:8080' } } }],
    ['secretExpires as text', { secretExpires: '2027-01-31' }, { secretExpires: new Date('2027-01-31') }],
    ['secretExpires as a date', { secretExpires: new Date('2027-01-31') }, { secretExpires: new Date('2027-01-31') }],
    ['logger: true', { logger: true }, { logger: true }],
    ['logger: null', { logger: null }, { logger: false }],
    ['component', { component: 'mail' }, { component: 'mail' }],
  ])('%s', (_what, given, expected) => {
    expect(readOptions({ ...SIGN_IN, ...given })).toMatchObject(expected);
  });

  test('the options are copied: what the app changes later does not count', () => {
    const options = { ...SIGN_IN, mailbox: 'noreply@contoso.com' };
    const settings = readOptions(options);
    options.mailbox = 'other@contoso.com';
    options.clientSecret = 'other';
    expect(settings).toMatchObject({ mailbox: 'noreply@contoso.com', signIn: { clientSecret: SECRET } });
  });

  test('and are not changed', () => {
    const options = Object.freeze({ ...SIGN_IN, mailbox: ' noreply@contoso.com ', tls: Object.freeze({ ca: PEM }) });
    expect(() => readOptions(options)).not.toThrow();
  });
});

describe('the three ways to sign in', () => {
  const { tenantId, clientId } = SIGN_IN;

  test('a line break behind a pasted value is taken off', () => {
    const pasted = { tenantId: `${tenantId}\n`, clientId: ` ${clientId}`, clientSecret: `${SECRET}\r\n` };
    expect(readOptions(pasted).signIn).toEqual({ kind: 'secret', ...SIGN_IN });
  });

  test('a tenant may be a domain', () => {
    expect(readOptions({ ...SIGN_IN, tenantId: 'contoso.onmicrosoft.com' }).signIn).toMatchObject({ tenantId: 'contoso.onmicrosoft.com' });
  });

  test.each<[string, unknown, object]>([
    ['a path', '/etc/app.pem', { certificatePath: '/etc/app.pem' }],
    [
      'a path and a password',
      { certificatePath: '/etc/app.pem', certificatePassword: 'x' },
      { certificatePath: '/etc/app.pem', certificatePassword: 'x' },
    ],
    ['the PEM text', { certificate: PEM }, { certificate: PEM }],
    ['the PEM text and a password', { certificate: PEM, certificatePassword: 'x' }, { certificate: PEM, certificatePassword: 'x' }],
  ])('a certificate as %s', (_what, clientCertificate, certificate) => {
    expect(readOptions({ tenantId, clientId, clientCertificate } as GraphTransportOptions).signIn).toEqual({
      kind: 'certificate',
      tenantId,
      clientId,
      certificate,
    });
  });

  test('any credential, the object itself', () => {
    const { signIn } = readOptions({ credential });
    expect(signIn.kind === 'credential' && signIn.credential).toBe(credential);
  });

  test('a credential whose getToken is inherited', () => {
    expect(readOptions({ credential: Object.create(credential) as typeof credential }).signIn.kind).toBe('credential');
  });

  test("mailbox: 'me' is for a signed-in user", () => {
    expect(readOptions({ credential, mailbox: 'me' }).mailbox).toBe('me');
  });
});

describe('a wrong option is refused: the error names it, what was expected and what came', () => {
  test.each<[name: string, given: Record<string, unknown>, expected: string, came: string]>([
    ['"mailbox"', { mailbox: 'noreply' }, "noreply@contoso.com, an object id or 'me'", "not 'noreply'"],
    ['"mailbox"', { mailbox: 'a@contoso.com/../b@contoso.com' }, 'user principal name', "not 'a@contoso.com/../b@contoso.com'"],
    ['"mailbox"', { mailbox: '' }, 'user principal name', "not ''"],
    ['"mailbox"', { mailbox: 5 }, 'user principal name', 'not 5'],
    ['"saveToSentItems"', { saveToSentItems: 'false' }, 'true or false', "not 'false'"],
    ['"saveToSentItems"', { saveToSentItems: null }, 'true or false', 'not null'],
    ['"format"', { format: 'MIME' }, "'auto', 'json', 'mime'", "not 'MIME'"],
    ['"route"', { route: 'sendmail' }, "'auto', 'sendMail', 'draft'", "not 'sendmail'"],
    ['"onLoss"', { onLoss: true }, "'warn', 'error', 'ignore'", 'not true'],
    ['"cloud"', { cloud: 'germany' }, "'global', 'usgov', 'usgov-dod', 'china'", "not 'germany'"],
    ['"cloud"', { cloud: 'constructor' }, "'global'", "not 'constructor'"],
    ['"graphEndpoint"', { graphEndpoint: 'graph.microsoft.com' }, 'https://graph.microsoft.com', "not 'graph.microsoft.com'"],
    ['"graphEndpoint"', { graphEndpoint: 'https://graph.microsoft.com/v1.0' }, 'root of an https service', '/v1.0'],
    ['"graphEndpoint"', { graphEndpoint: 'https://graph.microsoft.com?x=1' }, 'root of an https service', '?x=1'],
    ['"graphEndpoint"', { graphEndpoint: 'https://user:password@graph.microsoft.com' }, 'root of an https service', ''],
    ['"graphEndpoint"', { graphEndpoint: 'https://graph.microsoft.com#x' }, 'root of an https service', '#x'],
    ['"graphEndpoint"', { graphEndpoint: 'http://graph.microsoft.com' }, 'plain http only on loopback', "not 'http://graph.microsoft.com'"],
    ['"graphEndpoint"', { graphEndpoint: 'ftp://127.0.0.1' }, 'root of an https service', "not 'ftp://127.0.0.1'"],
    ['"graphEndpoint"', { graphEndpoint: '' }, 'non-empty string', "not ''"],
    ['"authorityHost"', { authorityHost: 'https://login.microsoftonline.com/common' }, 'https://login.microsoftonline.com', '/common'],
    ['"authorityHost"', { authorityHost: 'http://login.example.com' }, 'plain http only on loopback', "not 'http://login.example.com'"],
    ['"authorityHost"', { authorityHost: {} }, 'non-empty string', 'not an object'],
    ['"maxConnections"', { maxConnections: 0 }, 'at least 1', 'not 0'],
    ['"maxConnections"', { maxConnections: '4' }, 'whole number', "not '4'"],
    ['"rateLimit"', { rateLimit: 'outlook' }, "at least 1, or 'exchange'", "not 'outlook'"],
    ['"ratePer"', { rateLimit: 5, ratePer: 'app' }, "one of 'transport', 'mailbox'", "not 'app'"],
    ['"rateLimit"', { rateLimit: 0 }, 'at least 1', 'not 0'],
    ['"rateLimit"', { rateLimit: true }, 'whole number', 'not true'],
    ['"rateDelta"', { rateDelta: 0.5 }, 'whole number', 'not 0.5'],
    ['"maxRecipients"', { maxRecipients: 0 }, 'at least 1', 'not 0'],
    ['"retries"', { retries: -1 }, 'at least 0', 'not -1'],
    ['"retries"', { retries: Number.NaN }, 'whole number', 'not NaN'],
    ['"maxRetryDelay"', { maxRetryDelay: -1 }, 'at least 0', 'not -1'],
    ['"connectionTimeout"', { connectionTimeout: 0 }, 'at least 1', 'not 0'],
    ['"socketTimeout"', { socketTimeout: 2 ** 31 }, 'whole number', 'not 2147483648'],
    ['"requestTimeout"', { requestTimeout: Number.POSITIVE_INFINITY }, 'whole number', 'not Infinity'],
    ['"proxy"', { proxy: 'proxy.contoso.com' }, 'such as http://proxy.contoso.com:8080', ''],
    ['"proxy"', { proxy: 'socks5://proxy.contoso.com' }, 'an http or https proxy', ''],
    ['"proxy"', { proxy: 5 }, 'non-empty string', 'not 5'],
    ['"secretExpires"', { secretExpires: 'soon' }, "a date such as '2027-01-31'", "not 'soon'"],
    ['"secretExpires"', { secretExpires: new Date(Number.NaN) }, 'a date', 'not an object'],
    ['"secretExpires"', { secretExpires: 1_800_000_000_000 }, 'a date', 'not 1800000000000'],
    ['"tls"', { tls: true }, 'an object such as { ca }', 'not true'],
    ['"tls.rejectUnauthorized"', { tls: { rejectUnauthorized: false } }, 'only "tls.ca"', 'is not supported'],
    ['"tls.ca"', { tls: { ca: 5 } }, 'a PEM string, a Buffer or an array of them', ''],
    ['"tls.ca"', { tls: { ca: [PEM, null] } }, 'a PEM string, a Buffer or an array of them', ''],
    ['"logger"', { logger: 'debug' }, 'a bunyan-style logger', "not 'debug'"],
    ['"component"', { component: 5 }, 'non-empty string', 'not 5'],
    ['"tenantId"', { tenantId: undefined }, 'Directory (tenant) ID', 'is missing'],
    ['"tenantId"', { tenantId: '' }, 'Directory (tenant) ID', 'is missing'],
    ['"tenantId"', { tenantId: ' ' }, 'Directory (tenant) ID', 'is missing'],
    ['"tenantId"', { tenantId: 'contoso.com/evil' }, 'a domain such as contoso.com', "not 'contoso.com/evil'"],
    ['"tenantId"', { tenantId: 5 }, 'Directory (tenant) ID', 'not 5'],
    ['"clientId"', { clientId: undefined }, 'Application (client) ID', 'is missing'],
    ['"clientId"', { clientId: '\n' }, 'Application (client) ID', 'is missing'],
    ['"clientId"', { clientId: 'a\nb' }, 'must be a string', "not 'a\nb'"],
    ['"clientSecret"', { clientSecret: '' }, "the client secret's Value", 'is missing'],
    ['"clientSecret"', { clientSecret: '  ' }, "the client secret's Value", 'is missing'],
    ['"clientSecret"', { clientSecret: 5 }, "the client secret's Value", 'must be a string'],
    ['"clientCertificate"', { clientSecret: undefined, clientCertificate: '' }, 'a path', ''],
    ['"clientCertificate"', { clientSecret: undefined, clientCertificate: {} }, 'a path', ''],
    ['"clientCertificate"', { clientSecret: undefined, clientCertificate: { certificatePath: 'a', certificate: 'b' } }, 'a path', ''],
    [
      '"credential"',
      { tenantId: undefined, clientId: undefined, clientSecret: undefined, credential: {} },
      'getToken() method',
      'not an object',
    ],
    [
      '"credential"',
      { tenantId: undefined, clientId: undefined, clientSecret: undefined, credential: 'text' },
      'getToken() method',
      "not 'text'",
    ],
    ['unknown option "Mailbox"', { Mailbox: 'noreply@contoso.com' }, 'did you mean "mailbox"?', ''],
    ['unknown option "savetosentitems"', { savetosentitems: false }, 'did you mean "saveToSentItems"?', ''],
    ['unknown option "host"', { host: 'smtp.example.com' }, 'See', ''],
    ['unknown option "constructor"', { constructor: 1 }, 'See', ''],
  ])('%s %j', (name, given, expected, came) => {
    const { code, message, permanent, stack } = refusalOf(() => readOptions({ ...SIGN_IN, ...given }));
    expect(code).toBe('ECONFIG');
    expect(permanent).toBe(true);
    expect(message).toMatch(/^graphTransport: /);
    for (const part of [name, expected, came]) expect(message).toContain(part);
    expect(message).toContain('README');
    expect(`${message}${stack}`).not.toContain(SECRET);
  });

  test.each<[string, unknown, string]>([
    ['null', null, 'options must be an object or a msgraph: URL, not null'],
    ['a number', 5, 'options must be an object or a msgraph: URL, not 5'],
    ['a function', () => SIGN_IN, 'options must be an object or a msgraph: URL, not a value of type function'],
  ])('%s instead of options', (_what, given, expected) => {
    const { code, message } = refusalOf(() => readOptions(given as GraphTransportOptions));
    expect(code).toBe('ECONFIG');
    expect(message).toContain(expected);
  });

  test('the password of a proxy is not shown', () => {
    const { message } = refusalOf(() => readOptions({ ...SIGN_IN, proxy: 'ftp://user:password@proxy.contoso.com' }));
    expect(message).not.toContain('password');
  });

  test('a secret that was put into tenantId is not shown', () => {
    const { message } = refusalOf(() => readOptions({ ...SIGN_IN, tenantId: SECRET }));
    expect(message).toContain('"tenantId" must be a tenant id');
    expect(message).not.toContain(SECRET);
  });
});

describe('options that contradict each other are refused', () => {
  test.each<[string, Record<string, unknown>, string[]]>([
    ['no sign-in', { clientSecret: undefined }, ['clientSecret', 'clientCertificate', 'credential', 'missing']],
    ['a secret and a certificate', { clientCertificate: '/etc/app.pem' }, ['only one of', '"clientSecret"', '"clientCertificate"']],
    ['a secret and a credential', { credential }, ['only one of', '"clientSecret"', '"credential"']],
    ['a credential and a tenant', { clientSecret: undefined, credential }, ['"tenantId"', 'credential brings its own']],
    [
      'a credential and a client',
      { clientSecret: undefined, tenantId: undefined, credential },
      ['"clientId"', 'credential brings its own'],
    ],
    ["mailbox: 'me' without a signed-in user", { mailbox: 'me' }, ["mailbox: 'me'", '"credential"']],
    ['a cloud and an endpoint', { cloud: 'global', graphEndpoint: 'https://graph.example.com' }, ['"cloud"', '"graphEndpoint"']],
    ['a cloud and an authority', { cloud: 'global', authorityHost: 'https://login.example.com' }, ['"cloud"', '"authorityHost"']],
  ])('%s', (_what, given, parts) => {
    const { code, message } = refusalOf(() => readOptions({ ...SIGN_IN, ...given }));
    expect(code).toBe('ECONFIG');
    for (const part of parts) expect(message).toContain(part);
    expect(message).not.toContain(SECRET);
  });
});

describe('readMailbox', () => {
  test.each([
    'noreply@contoso.com',
    'NoReply+tag@contoso.com',
    "o'brien@contoso.com",
    'a#EXT#@contoso.com',
    'me',
    '6e7f9d1a-0b2c-4d3e-8f90-a1b2c3d4e5f6',
  ])('%s is one', (mailbox) => {
    expect(readMailbox(mailbox, 'mailbox', 'ECONFIG')).toBe(mailbox);
  });

  test.each([
    '',
    'Me',
    'noreply',
    '@contoso.com',
    'noreply@',
    'a@b@contoso.com',
    'a b@contoso.com',
    'a@contoso.com/messages',
    'a\\b@contoso.com',
    '..',
    '../users/a@contoso.com',
    'a@contoso.com\r\nx',
    '6e7f9d1a-0b2c-4d3e-8f90',
    undefined,
    null,
    {},
  ])('%j is none', (mailbox) => {
    expect(refusalOf(() => readMailbox(mailbox, 'graph.mailbox', 'EENVELOPE'))).toMatchObject({
      code: 'EENVELOPE',
      permanent: true,
      message: expect.stringMatching(/^"graph\.mailbox" must be/),
    });
  });
});

test.each<[unknown, string]>([
  ['text', "'text'"],
  ['x'.repeat(100), `'${'x'.repeat(80)}'`],
  [5, '5'],
  [false, 'false'],
  [null, 'null'],
  [undefined, 'a value of type undefined'],
  [{ clientSecret: SECRET }, 'an object'],
  [[SECRET], 'an object'],
  [() => SECRET, 'a value of type function'],
])('show(%p) is %s', (value, expected) => {
  expect(show(value)).toBe(expected);
});

describe('the graph property of a message', () => {
  const settings = readOptions({ ...SIGN_IN, mailbox: 'noreply@contoso.com', format: 'json', route: 'sendMail', saveToSentItems: false });
  const mail = { from: 'from@contoso.com', to: 'reader@example.com', text: 'Hello' };

  async function read(data: object, base = settings) {
    return readMessageSettings(await compileMail({ ...mail, ...data }), base);
  }
  async function refused(data: object, base = settings) {
    const compiled = await compileMail({ ...mail, ...data });
    return refusalOf(() => readMessageSettings(compiled, base));
  }

  test.each([undefined, null, {}])('%j leaves the transport its settings', async (graph) => {
    expect(await read({ graph })).toEqual({
      mailbox: 'noreply@contoso.com',
      saveToSentItems: false,
      format: 'json',
      route: 'sendMail',
      extras: undefined,
    });
  });

  test('overrides every one of them, for this message', async () => {
    const graph = {
      mailbox: 'other@contoso.com',
      saveToSentItems: true,
      format: 'mime',
      route: 'draft',
      message: { categories: ['Invoices'] },
    };
    expect(await read({ graph })).toEqual({
      mailbox: 'other@contoso.com',
      saveToSentItems: true,
      format: 'mime',
      route: 'draft',
      extras: { categories: ['Invoices'] },
    });
    expect(settings).toMatchObject({ mailbox: 'noreply@contoso.com', format: 'json' });
  });

  describe('without a mailbox', () => {
    const anyMailbox = readOptions(SIGN_IN);

    test.each([
      ['the From address sends', { from: 'Contoso <from@contoso.com>' }, 'from@contoso.com'],
      ['the first of several From addresses sends', { from: ['first@contoso.com', 'second@contoso.com'] }, 'first@contoso.com'],
      [
        'the envelope sends where there is no From',
        { from: undefined, envelope: { from: 'bounce@contoso.com', to: 'reader@example.com' } },
        'bounce@contoso.com',
      ],
      ['From comes before the envelope', { envelope: { from: 'bounce@contoso.com', to: 'reader@example.com' } }, 'from@contoso.com'],
    ])('%s', async (_what, data, mailbox) => {
      expect((await read(data, anyMailbox)).mailbox).toBe(mailbox);
    });

    test('and without From nobody sends', async () => {
      expect(await refused({ from: undefined }, anyMailbox)).toMatchObject({
        code: 'EENVELOPE',
        permanent: true,
        hint: expect.stringContaining('mailbox'),
        message: expect.stringContaining('nothing was sent'),
      });
    });
  });

  test.each<[string, unknown, string, string]>([
    ['text', 'text', 'EMESSAGE', 'graph must be an object, not string'],
    [
      'an unknown property',
      { Format: 'json' },
      'EMESSAGE',
      'graph.Format is not known; expected mailbox, saveToSentItems, format, route, message',
    ],
    ['a wrong format', { format: 'smtp' }, 'EMESSAGE', "graph.format must be one of 'auto', 'json', 'mime', not 'smtp'"],
    ['a wrong route', { route: 'sendmail' }, 'EMESSAGE', "graph.route must be one of 'auto', 'sendMail', 'draft', not 'sendmail'"],
    ['a wrong saveToSentItems', { saveToSentItems: 'no' }, 'EMESSAGE', "graph.saveToSentItems must be one of true, false, not 'no'"],
    ['a wrong mailbox', { mailbox: '../me' }, 'EENVELOPE', '"graph.mailbox" must be'],
    ['an empty mailbox', { mailbox: '' }, 'EENVELOPE', '"graph.mailbox" must be'],
    ["the signed-in user's mailbox, where an app signs in", { mailbox: 'me' }, 'EENVELOPE', "graph.mailbox: 'me' is the signed-in user's"],
    [
      'a message property the message itself has',
      { message: { toRecipients: [] } },
      'EMESSAGE',
      "graph.message.toRecipients is not allowed; use the message's to",
    ],
  ])('%s is refused, by name', async (_what, graph, code, message) => {
    expect(await refused({ graph })).toMatchObject({ code, permanent: true, message: expect.stringContaining(message) });
  });
});

describe('a rate limit', () => {
  test.each([
    [{ rateLimit: 'exchange', rateDelta: 1000 }, /30 messages a minute for each mailbox; leave out "rateDelta" and "ratePer"/],
    [{ rateLimit: 'exchange', ratePer: 'transport' }, /30 messages a minute for each mailbox/],
    [{ ratePer: 'mailbox' }, /"ratePer" goes with "rateLimit" only/],
    [{ rateLimit: false, ratePer: 'transport' }, /"ratePer" goes with "rateLimit" only/],
  ])('%j contradicts itself', (options, message) => {
    expect(() => readOptions({ ...SIGN_IN, ...options } as never)).toThrow(message);
  });
});
