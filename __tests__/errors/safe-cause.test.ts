import { redact, safeCause } from '../../lib/errors/safe-cause.js';

const SECRET = 'Ab8Q~x/y+z.%_-= ä"';
const JWT = 'eyJ0eXAiOiJKV1QifQ.eyJyb2xlcyI6WyJNYWlsLlNlbmQiXX0.c2ln-_';

describe('redact', () => {
  test.each([
    ['the secret', SECRET],
    ['the secret in a URL', encodeURIComponent(SECRET)],
    ['the secret in a form', new URLSearchParams({ client_secret: SECRET }).toString().slice('client_secret='.length)],
    ['a token', JWT],
    ['an unsigned token', JWT.slice(0, JWT.lastIndexOf('.') + 1)],
  ])('%s is taken out, wherever and however often it stands', (_what, text) => {
    expect(redact(`a=${text}&b=${text}; ${text}`, [SECRET])).toBe('a=[redacted]&b=[redacted]; [redacted]');
  });

  test('several secrets are all taken out', () => {
    expect(redact('one two three', ['one', 'three'])).toBe('[redacted] two [redacted]');
  });

  test.each(['nothing to see', 'eyJ alone is no token', 'AADSTS7000215: Invalid client secret provided.'])('%j stays', (text) => {
    expect(redact(text, [SECRET])).toBe(text);
  });

  test('an empty secret hides nothing', () => {
    expect(redact('text', [''])).toBe('text');
  });
});

describe('safeCause', () => {
  test('name, message, code and stack stay', () => {
    const error = Object.assign(new TypeError('no route'), { code: 'EHOSTUNREACH' });
    const copy = safeCause(error);
    expect(copy).not.toBe(error);
    expect(copy).toMatchObject({ name: 'TypeError', message: 'no route', code: 'EHOSTUNREACH' });
    expect(copy.stack).toBe(error.stack);
  });

  test('everything else goes, a request with its headers above all', () => {
    const error = Object.assign(new Error('refused', { cause: new Error(SECRET) }), {
      code: 7,
      request: { headers: { Authorization: `Bearer ${JWT}` }, body: `client_secret=${SECRET}` },
    });
    const copy = safeCause(error, [SECRET]);
    expect(Object.getOwnPropertyNames(copy).filter((name) => !['stack', 'message', 'name'].includes(name))).toEqual([]);
    expect(copy.cause).toBeUndefined();
  });

  test('secrets and tokens are taken out of message and stack', () => {
    const copy = safeCause(new Error(`sent ${SECRET} and ${JWT}`), [SECRET]);
    expect(copy.message).toBe('sent [redacted] and [redacted]');
    expect(copy.stack).toContain('[redacted]');
    expect(copy.stack).not.toContain(SECRET);
    expect(copy.stack).not.toContain(JWT);
  });

  test.each([
    ['a string', `text with ${SECRET}`, 'text with [redacted]'],
    ['null', null, 'a null was thrown'],
    ['nothing', undefined, 'a undefined was thrown'],
    ['an object', { secret: SECRET }, 'a object was thrown'],
  ])('%s that was thrown becomes an error', (_what, thrown, message) => {
    const copy = safeCause(thrown, [SECRET]);
    expect(copy).toBeInstanceOf(Error);
    expect(copy.message).toBe(message);
  });
});
