import { CATALOGUE, explain, type CatalogueEntry } from '../../lib/errors/catalogue.js';

/** Words that match the entries that go by the message. */
const WORDS = [
  'Access token validation failure. Invalid audience.',
  'Access to OData is disabled.',
  '/me request is only valid with delegated authentication flow.',
  'Service principal-less Authentication failed: the service principal was not found.',
  "Resource not found for the segment 'tracing'.",
];

function wordsFor({ message }: CatalogueEntry): string | undefined {
  return message && WORDS.find((words) => message.test(words));
}

describe('every entry', () => {
  test.each(
    CATALOGUE.flatMap((entry) =>
      (entry.graphCodes ?? [undefined]).flatMap((graphCode) =>
        (entry.statusCodes ?? [undefined]).map((statusCode) => [entry.id, graphCode, statusCode, entry] as const),
      ),
    ),
  )('%s is found by code %s and status %s', (_id, graphCode, statusCode, entry) => {
    expect(explain({ graphCode, statusCode, message: wordsFor(entry), operation: entry.operations?.[0] })).toBe(entry);
  });

  test.each(CATALOGUE.map((entry) => [entry.id, entry] as const))('%s says why it happens and what to do, in sentences', (_id, entry) => {
    expect(entry.cause).toMatch(/^([A-Z]|tenantId |mailbox: ).*[.)]$/s);
    expect(entry.remedy).toMatch(/^[A-Z].*[.)]$/s);
    expect(entry.graphCodes ?? entry.statusCodes).toBeDefined();
  });
});

describe("Graph's own answers", () => {
  test.each<[number, string | undefined, string, string, string, boolean]>([
    [401, 'InvalidAuthenticationToken', 'Lifetime validation failed, the token is expired.', 'InvalidAuthenticationToken', 'EAUTH', true],
    [401, 'InvalidAuthenticationToken', 'Access token is empty.', 'InvalidAuthenticationToken', 'EAUTH', true],
    [401, 'InvalidAuthenticationToken', 'Access token validation failure. Invalid audience.', 'InvalidAuthenticationToken', 'EAUTH', true],
    [403, 'ErrorAccessDenied', 'Access is denied. Check credentials and try again.', 'ErrorAccessDenied', 'EAUTH', true],
    [403, 'ErrorAccessDenied', 'Access to OData is disabled.', 'ErrorAccessDenied (access policy)', 'EAUTH', true],
    [
      403,
      'ErrorAccessDenied',
      'Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings.',
      'ErrorAccessDenied (access policy)',
      'EAUTH',
      true,
    ],
    [403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.', 'ErrorAccessDenied', 'EAUTH', true],
    [403, 'AccessDenied', 'Either scp or roles claim need to be present in the token.', 'ErrorAccessDenied', 'EAUTH', true],
    [403, 'ErrorSendAsDenied', 'Cannot submit message.', 'ErrorSendAsDenied', 'EENVELOPE', true],
    [
      404,
      'MailboxNotEnabledForRESTAPI',
      'The mailbox is either inactive, soft-deleted, or is hosted on-premise.',
      'MailboxNotEnabledForRESTAPI',
      'EENVELOPE',
      true,
    ],
    [404, 'ErrorInvalidUser', "The requested user 'x@contoso.com' is invalid.", 'ErrorInvalidUser', 'EENVELOPE', true],
    [404, 'ResourceNotFound', 'Resource could not be discovered.', 'ErrorInvalidUser', 'EENVELOPE', true],
    [404, 'Request_ResourceNotFound', 'Resource does not exist.', 'ErrorInvalidUser', 'EENVELOPE', true],
    [400, 'ErrorInvalidRecipients', 'At least one recipient is not valid.', 'ErrorInvalidRecipients', 'EENVELOPE', true],
    [413, 'RequestEntityTooLarge', 'Request entity too large', 'RequestEntityTooLarge', 'EMESSAGE', true],
    [413, undefined, '', 'RequestEntityTooLarge', 'EMESSAGE', true],
    [413, 'BadRequest', 'The maximum request length supported is 4MB.', 'RequestEntityTooLarge', 'EMESSAGE', true],
    [400, 'ErrorMessageSizeExceeded', 'The message exceeds the maximum supported size.', 'ErrorMessageSizeExceeded', 'EMESSAGE', true],
    [400, 'InvalidInternetMessageHeader', "should start with 'x-' or 'X-'", 'InvalidInternetMessageHeader', 'EMESSAGE', true],
    [400, 'ErrorMimeContentInvalidBase64String', '', 'ErrorMimeContentInvalid', 'EMESSAGE', true],
    [403, 'ErrorQuotaExceeded', 'Mailbox has exceeded maximum mailbox size.', 'ErrorQuotaExceeded', 'EGRAPH', false],
    [429, 'ErrorSubmissionQuotaExceeded', '', 'ErrorExceededMessageLimit', 'EGRAPH', false],
    [429, 'ApplicationThrottled', 'Application is over its MailboxConcurrency limit.', '429', 'EGRAPH', false],
    [429, 'UnknownError', '', '429', 'EGRAPH', false],
    [429, undefined, '', '429', 'EGRAPH', false],
    [503, 'MailboxInfoStale', '', 'ErrorMailboxMoveInProgress', 'EGRAPH', false],
    [503, 'ErrorServerBusy', 'The server cannot service this request right now. Try again later.', '503', 'EGRAPH', false],
    [504, 'ErrorServerBusy', 'The server cannot service this request right now. Try again later.', '5xx', 'EGRAPH', false],
    [500, 'ErrorInternalServerError', 'An internal server error occurred. The operation failed.', '5xx', 'EGRAPH', false],
    [504, 'UnknownError', '', '5xx', 'EGRAPH', false],
  ])('%i %s "%s" is %s', (statusCode, graphCode, message, id, code, permanent) => {
    expect(explain({ statusCode, graphCode, message })).toMatchObject({ id, code, permanent });
  });

  test.each([
    [400, 'UnableToDeserializePostBody'],
    [404, 'ErrorItemNotFound'],
    [409, 'ErrorIrresolvableConflict'],
    [404, undefined],
    [403, undefined],
    [undefined, undefined],
  ])('%s %s is not explained', (statusCode, graphCode) => {
    expect(explain({ statusCode, graphCode, message: '' })).toBeUndefined();
  });
});

describe('sign-in codes', () => {
  test.each([
    ['AADSTS7000215', 'AADSTS7000215'],
    ['AADSTS700021', 'AADSTS'],
    ['AADSTS900382', 'AADSTS90038'],
    ['AADSTS1002012', 'AADSTS500011'],
    ['AADSTS50196', 'AADSTS90033'],
    ['AADSTS99999999', 'AADSTS'],
  ])('%s is explained by %s', (graphCode, id) => {
    expect(explain({ graphCode, statusCode: 400 })).toMatchObject({ id, code: 'EAUTH' });
  });

  test('a busy sign-in service is the only one that is worth another try', () => {
    const passing = CATALOGUE.filter(({ id, permanent }) => id.startsWith('AADSTS') && !permanent);
    expect(passing.map(({ id }) => id)).toEqual(['AADSTS90033']);
  });
});
