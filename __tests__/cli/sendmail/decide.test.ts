import { EX } from '../../../lib/cli/exit-status.js';
import { afterFailure } from '../../../lib/cli/sendmail/decide.js';
import { SendmailMessageError } from '../../../lib/cli/sendmail/message.js';
import { DamagedMailError } from '../../../lib/cli/sendmail/spool-record.js';
import { GraphTransportError } from '../../../lib/index.js';

const graph = (code: ConstructorParameters<typeof GraphTransportError>[0], details: object = {}) =>
  new GraphTransportError(code, 'x', details);

test.each<[string, Error, ReturnType<typeof afterFailure>]>([
  ['there is no network', graph('ECONNECTION'), { state: 'waiting', status: EX.TEMPFAIL, endsFlush: true }],
  ['nothing answers in time', graph('ETIMEDOUT'), { state: 'waiting', status: EX.TEMPFAIL, endsFlush: true }],
  ['Graph throttles', graph('EGRAPH', { httpStatus: 429 }), { state: 'waiting', status: EX.TEMPFAIL, endsFlush: true }],
  ['Graph is busy with this one', graph('EGRAPH', { httpStatus: 503 }), { state: 'waiting', status: EX.TEMPFAIL, endsFlush: false }],
  [
    'the secret has expired',
    graph('EAUTH', { permanent: true, graphCode: 'AADSTS7000222' }),
    { state: 'waiting', status: EX.NOPERM, endsFlush: true },
  ],
  [
    'this mailbox may not be used',
    graph('EAUTH', { permanent: true, httpStatus: 403, graphCode: 'ErrorAccessDenied' }),
    { state: 'waiting', status: EX.NOPERM, endsFlush: false },
  ],
  ['settings are wrong', graph('ECONFIG', { permanent: true }), { state: 'waiting', status: EX.CONFIG, endsFlush: true }],
  ['a proxy wants a password', graph('ECONNECTION', { permanent: true }), { state: 'waiting', status: EX.CONFIG, endsFlush: true }],
  ['no mailbox is named', new SendmailMessageError(EX.CONFIG, 'x'), { state: 'waiting', status: EX.CONFIG, endsFlush: false }],
  [
    'the mailbox does not exist',
    graph('EENVELOPE', { permanent: true, httpStatus: 404 }),
    { state: 'waiting', status: EX.CONFIG, endsFlush: false },
  ],
  [
    'From is not the mailbox’s',
    graph('EENVELOPE', { permanent: true, httpStatus: 403 }),
    { state: 'failed', status: EX.NOPERM, endsFlush: false },
  ],
  ['a recipient is refused', graph('EENVELOPE', { permanent: true }), { state: 'failed', status: EX.NOUSER, endsFlush: false }],
  ['the message is too large', graph('EMESSAGE', { permanent: true }), { state: 'failed', status: EX.DATAERR, endsFlush: false }],
  ['Graph refuses it', graph('EGRAPH', { permanent: true }), { state: 'failed', status: EX.UNAVAILABLE, endsFlush: false }],
  ['a local user has no address', new SendmailMessageError(EX.NOUSER, 'x'), { state: 'failed', status: EX.NOUSER, endsFlush: false }],
  ['the file is damaged', new DamagedMailError('x'), { state: 'failed', status: EX.DATAERR, endsFlush: false }],
  ['it may have been sent', graph('EGRAPH', { ambiguous: true }), { state: 'unsure', status: EX.UNAVAILABLE, endsFlush: false }],
  [
    'it may have been sent when the line broke',
    graph('ECONNECTION', { ambiguous: true }),
    { state: 'unsure', status: EX.UNAVAILABLE, endsFlush: false },
  ],
])('%s', (_, error, expected) => {
  expect(afterFailure(error)).toEqual(expected);
});
