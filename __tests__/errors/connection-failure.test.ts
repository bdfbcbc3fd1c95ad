import { connectionHint, describe as describeError } from '../../lib/errors/connection-failure.js';
import { ProxyError } from '../../lib/errors/proxy-error.js';

const JWT = 'eyJ0eXAiOiJKV1QifQ.eyJyb2xlcyI6W119.c2ln';
/** As Node.js 20 says it; later ones have other functions and lines in it. */
const NOT_TLS =
  'write EPROTO 807C69A97C7F0000:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/openssl/openssl/ssl/record/ssl3_record.c:350:\n';

describe('connectionHint', () => {
  test.each([
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls.ca'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls.ca'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'tls.ca'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls.ca'],
    ['CERT_UNTRUSTED', 'tls.ca'],
    ['CERT_HAS_EXPIRED', 'clock'],
    ['CERT_NOT_YET_VALID', 'clock'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'another name'],
    ['ENOTFOUND', 'DNS'],
    ['EAI_AGAIN', 'DNS'],
    ['ECONNREFUSED', 'firewall'],
    ['ETIMEDOUT', 'firewall'],
    ['UND_ERR_CONNECT_TIMEOUT', 'firewall'],
    ['EHOSTUNREACH', 'firewall'],
    ['ENETUNREACH', 'firewall'],
  ])('%s speaks of %s, also as a cause', (code, word) => {
    expect(connectionHint(Object.assign(new Error('failed'), { code }))).toContain(word);
    expect(connectionHint(new Error('failed', { cause: Object.assign(new Error('inner'), { code }) }))).toContain(word);
  });

  test('an answer that is no TLS speaks of what may answer there', () => {
    expect(connectionHint(Object.assign(new Error(NOT_TLS), { code: 'ERR_SSL_WRONG_VERSION_NUMBER' }))).toContain('not the service');
  });

  test.each([
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /certificate of the proxy is not trusted.*tls\.ca/],
    ['CERT_HAS_EXPIRED', /clock.*certificate of the proxy is not valid/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /certificate of the proxy is made out to another name/],
    ['ECONNREFUSED', /Check the proxy/],
  ])('of a proxy, %s says that it is the proxy', (code, text) => {
    expect(connectionHint(new ProxyError('proxy.contoso.com:8080', 'cannot be reached', { code }))).toMatch(text);
  });

  test.each(['ECONNRESET', 'EPIPE', ''])('%j has no advice', (code) => {
    expect(connectionHint(Object.assign(new Error('failed'), { code }))).toBeUndefined();
  });
});

describe('describe', () => {
  test.each([
    ['the message', new Error('refused'), 'refused'],
    ['the first of several', new AggregateError([new Error('IPv6 refused'), new Error('IPv4 refused')], ''), 'IPv6 refused'],
    ['the code where there is no message', Object.assign(new Error(''), { code: 'ECONNRESET' }), 'ECONNRESET'],
    ['the name where there is nothing else', new TypeError(''), 'TypeError'],
    ['what OpenSSL says, without its sources', new Error(NOT_TLS), 'TLS failed: wrong version number'],
    ['no token', new Error(`bad ${JWT}`), 'bad [redacted]'],
  ])('%s', (_what, error, expected) => {
    expect(describeError(error)).toBe(expected);
  });
});
