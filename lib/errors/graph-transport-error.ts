import { responseCodeOf, type ResponseCode } from './response-code.js';

/**
 * Codes of a {@link GraphTransportError}. The first seven are Nodemailer's own and mean the same there.
 *
 * - `EAUTH`: sign-in refused, or the app may not do this
 * - `EENVELOPE`: sender or recipients are wrong
 * - `EMESSAGE`: the message itself cannot be sent as it is
 * - `ECONNECTION`: no connection, or the transport is closed
 * - `ETIMEDOUT`: no answer in time
 * - `ECONFIG`: an option is missing, wrong or contradictory
 * - `EABORT`: cancelled by `signal` or by `close({ force: true })`
 * - `EGRAPH`: any other refusal or failure of Microsoft Graph
 */
export type GraphTransportErrorCode = 'EAUTH' | 'EENVELOPE' | 'EMESSAGE' | 'ECONNECTION' | 'ETIMEDOUT' | 'ECONFIG' | 'EABORT' | 'EGRAPH';

/** What a {@link GraphTransportError} may carry besides its code and message. */
export interface GraphTransportErrorDetails {
  /** HTTP status of Graph's or the sign-in service's answer. */
  httpStatus?: number | undefined;
  /** Graph's error code such as `ErrorAccessDenied`, or the sign-in code such as `AADSTS7000215`. */
  graphCode?: string | undefined;
  /** Graph's `request-id`; Microsoft support asks for it. */
  requestId?: string | undefined;
  /** The `client-request-id` this transport sent. */
  clientRequestId?: string | undefined;
  /** Seconds Graph asked to wait before the next attempt. */
  retryAfter?: number | undefined;
  /** Whether the same message would be refused again. @default false */
  permanent?: boolean | undefined;
  /** Whether Graph may have accepted the message all the same. @default false */
  ambiguous?: boolean | undefined;
  /** The sending mailbox. */
  mailbox?: string | undefined;
  /** What to do about it. */
  hint?: string | undefined;
  /** The error behind it, without secrets. */
  cause?: unknown;
}

const BRAND = Symbol.for('nodemailer-graph-transport.error');

/** The one error class of this transport. Carries no secret, token or message body. */
export class GraphTransportError extends Error {
  /** What kind of failure it is, in Nodemailer's words. */
  readonly code: GraphTransportErrorCode;
  /**
   * HTTP status of Graph's or the sign-in service's answer; `undefined` if there was none. Not called `status` or `statusCode`:
   * web frameworks answer their own clients with those.
   */
  readonly httpStatus: number | undefined;
  /** What an SMTP server would have answered: 421 and 450 may be sent again, 550 must not, either since it is refused or since it is ambiguous. */
  readonly responseCode: ResponseCode;
  /** Graph's error code such as `ErrorAccessDenied`, or the sign-in code such as `AADSTS7000215`. */
  readonly graphCode: string | undefined;
  /** Graph's `request-id`; Microsoft support asks for it. */
  readonly requestId: string | undefined;
  /** The `client-request-id` this transport sent. */
  readonly clientRequestId: string | undefined;
  /** Seconds Graph asked to wait before the next attempt. */
  readonly retryAfter: number | undefined;
  /** Whether the same message would be refused again. */
  readonly permanent: boolean;
  /** Whether Graph may have accepted the message all the same: look into Sent Items before sending again. */
  readonly ambiguous: boolean;
  /** The sending mailbox. */
  readonly mailbox: string | undefined;
  /** What to do about it; also part of the message. */
  readonly hint: string | undefined;

  constructor(code: GraphTransportErrorCode, message: string, details: GraphTransportErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    // Nodemailer and fetch both call it so; apps test for the name
    this.name = code === 'EABORT' ? 'AbortError' : 'GraphTransportError';
    this.code = code;
    this.httpStatus = details.httpStatus;
    this.graphCode = details.graphCode;
    this.requestId = details.requestId;
    this.clientRequestId = details.clientRequestId;
    this.retryAfter = details.retryAfter;
    this.permanent = details.permanent ?? false;
    this.ambiguous = details.ambiguous ?? false;
    this.responseCode = responseCodeOf(this);
    this.mailbox = details.mailbox;
    this.hint = details.hint;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** Whether a value is a {@link GraphTransportError}, also one made by the other build (ESM or CJS) of this package. */
export function isGraphTransportError(value: unknown): value is GraphTransportError {
  return typeof value === 'object' && value !== null && BRAND in value;
}
