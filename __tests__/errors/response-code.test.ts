import {
  GraphTransportError,
  type GraphTransportErrorCode,
  type GraphTransportErrorDetails,
} from '../../lib/errors/graph-transport-error.js';
import { responseCodeOf } from '../../lib/errors/response-code.js';

const CODES: readonly GraphTransportErrorCode[] = [
  'EAUTH',
  'EENVELOPE',
  'EMESSAGE',
  'ECONNECTION',
  'ETIMEDOUT',
  'ECONFIG',
  'EABORT',
  'EGRAPH',
];
const failure = { httpStatus: undefined, permanent: false, ambiguous: false };

test.each<[string, GraphTransportErrorCode, GraphTransportErrorDetails, number]>([
  ['a wrong secret', 'EAUTH', { httpStatus: 401, permanent: true }, 550],
  ['a sign-in service that is throttled', 'EAUTH', { httpStatus: 429, retryAfter: 30 }, 450],
  ['a sign-in service that is down', 'EAUTH', { httpStatus: 503 }, 421],
  ['a credential that failed once', 'EAUTH', {}, 450],
  ['a permission that is missing', 'EAUTH', { httpStatus: 403, permanent: true }, 550],
  ['an unknown mailbox', 'EENVELOPE', { httpStatus: 404, permanent: true }, 550],
  ['a recipient that Graph refuses', 'EENVELOPE', { httpStatus: 400, permanent: true }, 550],
  ['a message that is too large', 'EMESSAGE', { httpStatus: 413, permanent: true }, 550],
  ['a file that grew while it was read', 'EMESSAGE', {}, 450],
  ['no connection', 'ECONNECTION', {}, 421],
  ['a closed transport', 'ECONNECTION', {}, 421],
  ['a proxy that cannot work', 'ECONNECTION', { permanent: true }, 550],
  ['a connection that broke after the message', 'ECONNECTION', { ambiguous: true }, 550],
  ['no answer in time', 'ETIMEDOUT', {}, 421],
  ['no answer to a message that may have arrived', 'ETIMEDOUT', { ambiguous: true }, 550],
  ['an abort before anything was sent', 'EABORT', {}, 421],
  ['an abort on the way', 'EABORT', { ambiguous: true }, 550],
  ['a wrong option', 'ECONFIG', { permanent: true }, 550],
  ['options that could not be read', 'ECONFIG', {}, 450],
  ['throttling', 'EGRAPH', { httpStatus: 429, retryAfter: 60 }, 450],
  ['a mailbox that is being moved', 'EGRAPH', { httpStatus: 400 }, 450],
  ['a service that is not available', 'EGRAPH', { httpStatus: 503 }, 421],
  ['a bad gateway while a draft was made', 'EGRAPH', { httpStatus: 502 }, 421],
  ['a bad gateway after the message', 'EGRAPH', { httpStatus: 502, ambiguous: true }, 550],
  ['any other refusal', 'EGRAPH', { httpStatus: 400, permanent: true }, 550],
])('%s (%s %j) is %i', (_what, code, details, expected) => {
  expect(new GraphTransportError(code, 'failed', details).responseCode).toBe(expected);
});

test.each(CODES)('%s is never to be sent again where it is permanent or ambiguous', (code) => {
  for (const httpStatus of [undefined, 400, 401, 429, 500, 503]) {
    expect(responseCodeOf({ ...failure, code, httpStatus, permanent: true })).toBe(550);
    expect(responseCodeOf({ ...failure, code, httpStatus, ambiguous: true })).toBe(550);
  }
});

test.each(CODES)('%s may be sent again where it is neither', (code) => {
  for (const httpStatus of [undefined, 400, 429, 500, 503]) expect(responseCodeOf({ ...failure, code, httpStatus })).toBeLessThan(500);
});
