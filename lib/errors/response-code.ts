/** 421: the service cannot be used for now. 450: this message is not taken for now. 550: do not send it again. */
export type ResponseCode = 421 | 450 | 550;

interface Failure {
  /** Of a `GraphTransportError`. */
  readonly code: string;
  readonly httpStatus: number | undefined;
  readonly permanent: boolean;
  readonly ambiguous: boolean;
}

/**
 * The SMTP reply code of a failure, by which relays and queues made for Nodemailer's SMTP errors decide. 4xx makes them send the
 * message again, so only what can neither fail for sure nor arrive twice has one.
 */
export function responseCodeOf({ code, httpStatus = 0, permanent, ambiguous }: Failure): ResponseCode {
  if (permanent || ambiguous) return 550;
  if (code === 'ECONNECTION' || code === 'ETIMEDOUT' || code === 'EABORT') return 421;
  return httpStatus >= 500 ? 421 : 450;
}
