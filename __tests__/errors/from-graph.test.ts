import { abortError } from '../../lib/errors/abort-error.js';
import { graphError, type GraphErrorContext } from '../../lib/errors/from-graph.js';
import type { GraphAnswer, GraphFailure } from '../../lib/graph/client.js';

const CONTEXT: GraphErrorContext = {
  what: 'send the message',
  mailbox: 'noreply@contoso.com',
  messageId: '<one@contoso.com>',
  graphEndpoint: 'https://graph.microsoft.com',
};
const JWT = 'eyJ0eXAiOiJKV1QifQ.eyJyb2xlcyI6W119.c2ln';

function answer(status: number, errorCode?: string, errorMessage?: string): GraphAnswer {
  return {
    kind: 'answer',
    status,
    headers: {},
    body: undefined,
    complete: true,
    errorCode,
    errorMessage,
    requestId: 'request-1',
    clientRequestId: 'client-1',
    token: JWT,
  };
}

function failure(error: Error, reason: GraphFailure['reason'], sent: boolean): GraphFailure {
  return { kind: 'failure', error, reason, sent, clientRequestId: 'client-1' };
}

describe('an answer that is a refusal', () => {
  test('carries what Graph said, how to find the request, and what to do', () => {
    const error = graphError(answer(403, 'ErrorSendAsDenied', 'Cannot submit message.'), CONTEXT);
    expect(error).toMatchObject({
      code: 'EENVELOPE',
      httpStatus: 403,
      graphCode: 'ErrorSendAsDenied',
      requestId: 'request-1',
      clientRequestId: 'client-1',
      permanent: true,
      ambiguous: false,
      mailbox: 'noreply@contoso.com',
      hint: expect.stringContaining('Send As'),
    });
    expect(error.message).toBe(
      `Graph did not send the message for noreply@contoso.com (HTTP 403, request-id request-1): ErrorSendAsDenied: Cannot submit message. ${error.hint}`,
    );
  });

  test('retryAfter is passed on', () => {
    expect(graphError(answer(429), { ...CONTEXT, retryAfter: 7 })).toMatchObject({ code: 'EGRAPH', retryAfter: 7, permanent: false });
  });

  test.each([
    [400, true],
    [404, true],
    [405, true],
    [422, true],
    [408, false],
    [409, false],
    [412, false],
    [421, false],
    [423, false],
    [425, false],
    [429, false],
    [500, false],
    [503, false],
    [302, false],
  ])('%i that nobody has described is permanent: %s', (status, permanent) => {
    expect(graphError(answer(status, 'SomethingNew', 'words'), CONTEXT)).toMatchObject({ code: 'EGRAPH', permanent });
  });

  test.each([302, 403, 404, 407, 451])('HTTP %i without a code is not told as an answer of Graph', (status) => {
    expect(graphError(answer(status), CONTEXT).hint).toContain('a firewall, a proxy or another server');
    expect(graphError(answer(status, 'SomethingNew'), CONTEXT).hint).toBeUndefined();
  });

  test('a token in what Graph said is taken out', () => {
    expect(graphError(answer(400, 'BadRequest', `Bearer ${JWT} is bad`), CONTEXT).message).toContain('Bearer [redacted] is bad');
  });

  test('a very long text is cut', () => {
    expect(graphError(answer(400, 'BadRequest', 'x'.repeat(10_000)), CONTEXT).message.length).toBeLessThan(1000);
  });

  test('the token of the request is nowhere in the error', () => {
    const error = graphError(answer(401, 'InvalidAuthenticationToken', 'expired'), CONTEXT);
    expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toContain(JWT);
  });
});

describe('an answer that leaves open whether the message went out', () => {
  const ambiguous = { ...CONTEXT, ambiguous: true };

  test('is ambiguous and never permanent, and says where to look', () => {
    const error = graphError(answer(504), ambiguous);
    expect(error).toMatchObject({ code: 'EGRAPH', httpStatus: 504, ambiguous: true, permanent: false });
    expect(error.message).toContain('may or may not');
    expect(error.hint).toBe(
      "Look for the Message-ID <one@contoso.com> in Sent Items of noreply@contoso.com before you send it again; route: 'draft' settles this by itself.",
    );
  });

  test('of a draft says to look among the drafts, too, and does not advise the draft route', () => {
    const { hint } = graphError(answer(504), { ...ambiguous, draft: true });
    expect(hint).toContain('Sent Items and Drafts');
    expect(hint).not.toContain('route:');
  });
});

describe('no answer', () => {
  test('no connection is ECONNECTION and says what to check', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED 192.0.2.1:443'), { code: 'ECONNREFUSED' });
    const error = graphError(failure(cause, 'connect', false), CONTEXT);
    expect(error).toMatchObject({
      code: 'ECONNECTION',
      ambiguous: false,
      permanent: false,
      clientRequestId: 'client-1',
      cause: { message: 'connect ECONNREFUSED 192.0.2.1:443', code: 'ECONNREFUSED' },
    });
    expect(error.message).toBe(
      'cannot connect to https://graph.microsoft.com: connect ECONNREFUSED 192.0.2.1:443. The host cannot be reached: check firewall and proxy; outgoing https (443) is needed.',
    );
  });

  test('a timeout is ETIMEDOUT; once the request was sent it is ambiguous', () => {
    const error = graphError(failure(new Error('no complete answer within 10 ms'), 'timeout', true), { ...CONTEXT, ambiguous: true });
    expect(error).toMatchObject({ code: 'ETIMEDOUT', ambiguous: true, hint: expect.stringContaining('<one@contoso.com>') });
    expect(error.message).toContain('no answer from https://graph.microsoft.com when trying to send the message');
  });

  test('a reset is ECONNECTION', () => {
    expect(graphError(failure(new Error('other side closed'), 'broken', true), { ...CONTEXT, ambiguous: true })).toMatchObject({
      code: 'ECONNECTION',
      ambiguous: true,
    });
  });
});

describe('abortError', () => {
  test.each([
    [false, 'nothing was sent'],
    [true, 'Graph may already have accepted it'],
  ])('ambiguous: %s says "%s"', (ambiguous, text) => {
    const reason = new Error('no longer wanted');
    const error = abortError(reason, { ambiguous, mailbox: 'noreply@contoso.com' });
    expect(error).toMatchObject({ code: 'EABORT', name: 'AbortError', ambiguous, mailbox: 'noreply@contoso.com', cause: reason });
    expect(error.message).toContain(text);
  });
});
