import { GraphTransportError } from '../../lib/errors/graph-transport-error.js';
import { signInError, type SignInContext } from '../../lib/errors/from-sign-in.js';

const SECRET = 'Ab8Q~wrong';
const CONTEXT: SignInContext = {
  authorityHost: 'https://login.microsoftonline.com',
  secrets: [SECRET],
  trace: {},
  mailbox: 'noreply@contoso.com',
};

const WRONG_SECRET =
  "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '1'. Trace ID: aaaa Correlation ID: bbbb Timestamp: 2025-11-20 10:00:00Z";

function identityError(message: string, details: object = {}): Error {
  return Object.assign(new Error(message), { name: 'AuthenticationError' }, details);
}

describe('a sign-in that Entra refuses', () => {
  test('is EAUTH with the AADSTS code, what it said without its ids, and what to do', () => {
    const error = signInError(identityError(`invalid_client: Error(s): 7000215 - ${WRONG_SECRET}`, { statusCode: 401 }), CONTEXT);
    expect(error).toMatchObject({
      code: 'EAUTH',
      graphCode: 'AADSTS7000215',
      httpStatus: 401,
      permanent: true,
      ambiguous: false,
      mailbox: 'noreply@contoso.com',
      hint: expect.stringContaining('not its Secret ID'),
    });
    expect(error.message).toMatch(/^sign-in failed: AADSTS7000215: Invalid client secret provided\./);
    expect(error.message).not.toMatch(/Trace ID|Timestamp/);
  });

  test('is recognised below a cause and among collected errors', () => {
    const wrapped = new Error('ChainedTokenCredential failed', {
      cause: new AggregateError(
        [identityError('EnvironmentCredential is unavailable'), identityError('AADSTS700016: not found')],
        'all failed',
      ),
    });
    expect(signInError(wrapped, CONTEXT)).toMatchObject({ code: 'EAUTH', graphCode: 'AADSTS700016', permanent: true });
  });

  test('is EAUTH even where the wire failed once before', () => {
    const trace = { error: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) };
    expect(signInError(identityError('AADSTS90002: Tenant not found.'), { ...CONTEXT, trace })).toMatchObject({ code: 'EAUTH' });
  });

  test('takes the status from the wire', () => {
    expect(signInError(identityError('AADSTS90002: Tenant not found.'), { ...CONTEXT, trace: { statusCode: 400 } })).toMatchObject({
      httpStatus: 400,
    });
    // a good answer does not explain a failure
    expect(
      signInError(identityError('The token could not be read.'), { ...CONTEXT, trace: { statusCode: 200 } }).httpStatus,
    ).toBeUndefined();
  });

  test('may pass by itself where the service is busy', () => {
    expect(signInError(identityError('AADSTS90033: A transient error has occurred.'), CONTEXT)).toMatchObject({
      code: 'EAUTH',
      permanent: false,
    });
  });
});

describe('a sign-in service that is not reached', () => {
  test.each([
    ['ECONNREFUSED', 'ECONNECTION', 'firewall'],
    ['ENOTFOUND', 'ECONNECTION', 'DNS'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'ECONNECTION', 'tls.ca'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'ECONNECTION', 'tls.ca'],
    ['ETIMEDOUT', 'ETIMEDOUT', 'firewall'],
  ])('%s is %s and speaks of %s', (networkCode, code, word) => {
    const network = Object.assign(new Error(`failed with ${networkCode}`), { code: networkCode });
    for (const error of [
      signInError(identityError('network_error', { cause: network }), CONTEXT),
      signInError(identityError('network_error'), { ...CONTEXT, trace: { error: network } }),
    ]) {
      expect(error).toMatchObject({ code, permanent: false, hint: expect.stringContaining(word) });
      expect(error.message).toContain(`cannot sign in at https://login.microsoftonline.com: failed with ${networkCode}`);
    }
  });

  test('a credential that never answers is ETIMEDOUT', () => {
    const error = signInError(new DOMException('The operation timed out', 'TimeoutError'), CONTEXT);
    expect(error).toMatchObject({ code: 'ETIMEDOUT', permanent: false });
    expect(error.message).toContain('requestTimeout');
  });
});

describe('anything else', () => {
  test('is EAUTH that may pass, with the words of the credential', () => {
    const error = signInError(new Error('The credential returned no token.'), CONTEXT);
    expect(error).toMatchObject({ code: 'EAUTH', permanent: false, graphCode: undefined, httpStatus: undefined });
    expect(error.message).toBe('sign-in failed: The credential returned no token. Check the credential; the cause carries what it said.');
  });

  test.each([408, 429, 500, 502, 503, 504])('HTTP %i is told as busy, and not as what it would mean of a message', (statusCode) => {
    for (const error of [
      signInError(identityError('endpoints_resolution_error: See https://aka.ms/msal.js.errors'), { ...CONTEXT, trace: { statusCode } }),
      signInError(identityError('nothing to be had', { statusCode }), CONTEXT),
    ]) {
      expect(error).toMatchObject({
        code: 'EAUTH',
        permanent: false,
        httpStatus: statusCode,
        hint: expect.stringContaining('send again later'),
      });
      expect(error.message).not.toMatch(/Sent Items|aka\.ms|Graph|credential/);
    }
  });

  test.each([
    [200, 'network_error: See https://aka.ms/msal.js.errors#network_error for details.'],
    [200, 'Response had no "expiresOn" property.'],
    [302, 'network_error'],
    [401, 'endpoints_resolution_error'],
    [403, 'network_error'],
    [404, 'openid_config_error'],
  ])('HTTP %i that is no answer of Entra (%s) is told as that, and not as a wrong credential', (statusCode, message) => {
    const error = signInError(identityError(message), { ...CONTEXT, trace: { statusCode } });
    expect(error).toMatchObject({
      code: 'EAUTH',
      permanent: false,
      hint: expect.stringMatching(/no answer of Microsoft Entra.*firewall or proxy/),
    });
    expect(error.message).toContain(`sign-in failed: https://login.microsoftonline.com answered HTTP ${statusCode}.`);
  });

  test('a sign-in library that failed before it asked is told as that', () => {
    const error = signInError(identityError('endpoints_resolution_error: See https://aka.ms/msal.js.errors'), CONTEXT);
    expect(error.message).toMatch(/^sign-in failed: nothing was asked of https:\/\/login\.microsoftonline\.com\. .*globals/);
  });

  test('what a credential of the app rejects with is not taken for an answer of Graph', () => {
    expect(signInError(identityError('no identity', { statusCode: 401 }), CONTEXT)).toMatchObject({
      permanent: false,
      httpStatus: 401,
      message: 'sign-in failed: no identity. Check the credential; the cause carries what it said.',
    });
  });

  test('an error that cannot be read is one all the same', () => {
    const hostile = [
      Object.defineProperty(new Error('x'), 'message', {
        get() {
          throw new Error('never');
        },
      }),
      new Proxy(new Error('x'), {
        get() {
          throw new Error('never');
        },
      }),
    ];
    for (const thrown of hostile) expect(signInError(thrown, CONTEXT)).toMatchObject({ code: 'EAUTH', permanent: false });
  });

  test('words that were thrown are told', () => {
    expect(signInError('not today', CONTEXT).message).toContain('sign-in failed: not today.');
  });

  test.each([['text'], [null], [undefined], [{ code: 'ECONNREFUSED' }]])('%j that was thrown is an error all the same', (thrown) => {
    expect(signInError(thrown, CONTEXT)).toMatchObject({ code: 'EAUTH', cause: expect.any(Error) });
  });

  test('errors that go round in a circle come to an end', () => {
    const a = new Error('a');
    const b = new Error('b', { cause: a });
    a.cause = b;
    expect(signInError(a, CONTEXT).message).toContain('sign-in failed: a');
  });
});

test.each([
  ['in the message', identityError(`sent client_secret=${SECRET}`)],
  ['in the message of a refusal', identityError(`AADSTS7000215: ${SECRET} is wrong.`)],
  ['in a form', identityError(`sent ${new URLSearchParams({ client_secret: SECRET }).toString()}`)],
  ['in the message of a cause', identityError('failed', { cause: Object.assign(new Error(SECRET), { code: 'ECONNREFUSED' }) })],
  ['in a field', identityError('failed', { request: { body: SECRET } })],
])('the secret %s is nowhere in the error', (_what, thrown) => {
  const error = signInError(thrown, CONTEXT);
  const { message, stack, cause } = error as Error & { cause: Error };
  const everything = JSON.stringify({ ...error, message, stack, cause: { ...cause, message: cause.message, stack: cause.stack } });
  expect(everything).not.toContain(SECRET);
  expect(everything).not.toContain('Ab8Q%7Ewrong');
});

test('a package that cannot be loaded is told as that, whatever the sign-in library made of it', () => {
  const missing = new GraphTransportError('ECONFIG', 'the package undici cannot be loaded', { permanent: true });
  expect(signInError(identityError('endpoints_resolution_error'), { ...CONTEXT, trace: { error: missing } })).toBe(missing);
});
