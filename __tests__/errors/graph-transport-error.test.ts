import * as errors from '../../lib/errors/index.js';

const { GraphTransportError, isGraphTransportError } = errors;

function secondCopy(): typeof errors {
  let copy: typeof errors | undefined;
  jest.isolateModules(() => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- a second instance of the module, as the other build is one
    copy = require('../../lib/errors/index.js') as typeof errors;
  });
  if (!copy) throw new Error('not loaded');
  return copy;
}

describe('GraphTransportError', () => {
  test('without details it is neither permanent nor ambiguous and knows nothing else', () => {
    const error = new GraphTransportError('EGRAPH', 'refused');
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'GraphTransportError', message: 'refused', code: 'EGRAPH', permanent: false, ambiguous: false });
    for (const field of ['httpStatus', 'graphCode', 'requestId', 'clientRequestId', 'retryAfter', 'mailbox', 'hint'] as const) {
      expect(error[field]).toBeUndefined();
    }
    expect('cause' in error).toBe(false);
  });

  test('it carries its details', () => {
    const details = {
      httpStatus: 429,
      graphCode: 'ApplicationThrottled',
      requestId: 'one',
      clientRequestId: 'two',
      retryAfter: 5,
      permanent: true,
      ambiguous: true,
      mailbox: 'noreply@contoso.com',
      hint: 'Wait.',
      cause: new Error('cause'),
    };
    expect(new GraphTransportError('EGRAPH', 'refused', details)).toMatchObject(details);
  });

  test('an abort has the name apps test for', () => {
    expect(new GraphTransportError('EABORT', 'aborted').name).toBe('AbortError');
  });

  test('its brand is in no log line', () => {
    expect(Object.keys(new GraphTransportError('EGRAPH', 'refused'))).not.toContain('brand');
    expect(Object.getOwnPropertySymbols({ ...new GraphTransportError('EGRAPH', 'refused') })).toEqual([]);
  });
});

describe('isGraphTransportError', () => {
  test('knows its own errors', () => {
    expect(isGraphTransportError(new GraphTransportError('EGRAPH', 'refused'))).toBe(true);
  });

  test('knows the errors of another copy of this package, which instanceof does not', () => {
    const other = secondCopy();
    const error = new other.GraphTransportError('EGRAPH', 'refused');
    expect(error).not.toBeInstanceOf(GraphTransportError);
    expect(isGraphTransportError(error)).toBe(true);
    expect(other.isGraphTransportError(new GraphTransportError('EGRAPH', 'refused'))).toBe(true);
  });

  test.each([
    ['another error with the same fields', Object.assign(new Error('refused'), { name: 'GraphTransportError', code: 'EGRAPH' })],
    ['an object', { code: 'EGRAPH' }],
    ['text', 'EGRAPH'],
    ['null', null],
    ['undefined', undefined],
    ['a function', () => undefined],
  ])('%s is none', (_what, value) => {
    expect(isGraphTransportError(value)).toBe(false);
  });
});
