/**
 * A request Graph refuses, with Graph's own status, code and message.
 * Handlers throw it; the server turns it into the error envelope.
 */
export class Refusal extends Error {
  override name = 'Refusal';

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }

  /** What exactly was wrong, where Graph's own words leave it open: for the record, never in the answer. */
  reason: string | undefined;

  because(reason: string): this {
    this.reason = reason;
    return this;
  }
}

/** 400 with the given code. */
export const badRequest = (code: string, message: string): Refusal => new Refusal(400, code, message);

/** 400 as OData answers a body that does not fit the model: msgraph-sdk-python #440, docs-contrib #310. */
export const unreadableBody = (message: string): Refusal => badRequest('RequestBodyRead', message);

/** 403 for a missing permission and for a mailbox out of the app's scope. */
export const accessDenied = (): Refusal => new Refusal(403, 'ErrorAccessDenied', 'Access is denied. Check credentials and try again.');

/** 404 for an item that was deleted, sent (its id changed) or never existed. */
export const itemNotFound = (): Refusal => new Refusal(404, 'ErrorItemNotFound', 'The specified object was not found in the store.');

/** 401 with Graph's only code for tokens. */
export const invalidToken = (message: string): Refusal =>
  new Refusal(401, 'InvalidAuthenticationToken', message, {
    'WWW-Authenticate':
      'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"',
  });

const defaultErrors: Record<number, [code: string, message: string]> = {
  400: ['BadRequest', 'Bad request.'],
  401: ['InvalidAuthenticationToken', 'Lifetime validation failed, the token is expired.'],
  403: ['ErrorAccessDenied', 'Access is denied. Check credentials and try again.'],
  404: ['ErrorItemNotFound', 'The specified object was not found in the store.'],
  409: [
    'ErrorIrresolvableConflict',
    'The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.',
  ],
  413: ['RequestEntityTooLarge', 'The maximum request length supported is 4MB.'],
  429: ['ApplicationThrottled', 'Application is over its MailboxConcurrency limit.'],
  500: ['ErrorInternalServerError', 'An internal server error occurred. The operation failed.'],
  503: ['ErrorServerBusy', 'The server cannot service this request right now. Try again later.'],
};

/** What Graph sends with a status when nothing more is known; an empty message, as behind a 504, where it says nothing. */
export function defaultError(status: number): [code: string, message: string] {
  return defaultErrors[status === 412 ? 409 : status] ?? ['UnknownError', ''];
}
