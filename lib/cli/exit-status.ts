import { isGraphTransportError, type GraphTransportError } from '../errors/graph-transport-error.js';

/** Exit statuses of `sysexits.h`, by which callers of sendmail tell what happened. */
export const EX = {
  OK: 0,
  USAGE: 64,
  DATAERR: 65,
  NOUSER: 67,
  UNAVAILABLE: 69,
  SOFTWARE: 70,
  IOERR: 74,
  TEMPFAIL: 75,
  NOPERM: 77,
  CONFIG: 78,
} as const;

/** The status for an error of a send. `TEMPFAIL` only where sending again can neither fail for sure nor deliver twice. */
export function exitStatusOf(error: unknown): number {
  if (!isGraphTransportError(error)) return EX.SOFTWARE;
  if (error.ambiguous) return EX.UNAVAILABLE;
  switch (error.code) {
    case 'ECONFIG':
      return EX.CONFIG;
    case 'EAUTH':
      return error.permanent ? EX.NOPERM : EX.TEMPFAIL;
    case 'EENVELOPE':
      return envelopeStatus(error);
    case 'EMESSAGE':
      return EX.DATAERR;
    case 'ECONNECTION':
    case 'ETIMEDOUT':
    case 'EABORT':
      return error.permanent ? EX.CONFIG : EX.TEMPFAIL;
    case 'EGRAPH':
      return error.permanent ? EX.UNAVAILABLE : EX.TEMPFAIL;
  }
}

function envelopeStatus({ httpStatus }: GraphTransportError): number {
  // 404: the sending mailbox; 403: its right to a From address; else a recipient
  if (httpStatus === 404) return EX.CONFIG;
  return httpStatus === 403 ? EX.NOPERM : EX.NOUSER;
}
