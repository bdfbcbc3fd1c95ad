/** What to do about a refusal, and where the documentation tells more. */
export interface Explanation {
  remedy: string;
  /** Page and anchor below `docs/`. */
  docs: string | null;
  /** Whether the same request would be refused again. */
  permanent: boolean;
}

const because = (remedy: string, anchor: string | null, permanent = true): Explanation => ({
  remedy,
  docs: anchor === null ? null : `errors.html#${anchor}`,
  permanent,
});

/** By Graph's code or Entra's number; the words of docs/errors.md in short. */
const byCode: Record<string, Explanation> = {
  AADSTS7000215: because('Put the secret’s Value, not its Secret ID, into clientSecret.', 'aadsts7000215'),
  AADSTS7000222: because('The secret has expired: make a new one and put its Value into clientSecret.', 'aadsts7000222'),
  AADSTS700027: because('Upload the certificate’s public part to the app, or use the one that is registered there.', 'aadsts700027'),
  AADSTS7000218: because('Give clientSecret, clientCertificate or credential.', 'aadsts7000218'),
  AADSTS7000112: because('Enable the app: Enterprise applications › the app › Properties.', 'aadsts7000112'),
  AADSTS700016: because(
    'Check that clientId and tenantId belong to the same app registration; the Connect panel shows the sandbox’s.',
    'aadsts700016',
  ),
  AADSTS90002: because('Check tenantId; the Connect panel shows the sandbox’s.', 'aadsts90002'),
  AADSTS900023: because('Give the Directory (tenant) ID or a domain such as contoso.com.', 'aadsts900023'),
  AADSTS500011: because('Check graphEndpoint: the token is requested for {graphEndpoint}/.default.', 'aadsts500011'),
  AADSTS1002012: because('Request the scope {graphEndpoint}/.default.', 'aadsts500011'),
  AADSTS70011: because('Request one scope only: {graphEndpoint}/.default.', 'aadsts500011'),
  AADSTS90033: because('Try again later; the transport does so by itself.', 'aadsts90033', false),
  InvalidAuthenticationToken: because(
    'Request the token for {graphEndpoint}/.default; an expired one is renewed by the transport. Check the clock of the machine.',
    'invalidauthenticationtoken',
  ),
  InvalidAudienceForResource: because('Send no Authorization header to an upload URL: the URL is the key.', null),
  ErrorAccessDenied: because(
    'Add the application permission (Mail.Send; Mail.ReadWrite for drafts) and grant admin consent, or include the mailbox in the app’s RBAC scope.',
    'erroraccessdenied',
  ),
  ErrorSendAsDenied: because('Grant the mailbox Send As for that address, or use its own address in from.', 'errorsendasdenied'),
  ErrorInvalidUser: because('Use the mailbox’s primary user principal name or its object id; put an alias into from.', 'errorinvaliduser'),
  MailboxNotEnabledForRESTAPI: because(
    'Use a mailbox hosted in Exchange Online; a shared one needs no licence.',
    'mailboxnotenabledforrestapi',
  ),
  ErrorInvalidRecipients: because('Correct the address that the reason names; nobody got the message.', 'errorinvalidrecipients'),
  ErrorMessageSizeExceeded: because(
    'Send a link instead of the attachment, or have the tenant’s limit raised.',
    'errormessagesizeexceeded',
  ),
  ErrorAttachmentSizeShouldNotBeLessThanMinimumSize: because(
    'Attach files below 3 MB directly; upload sessions are for larger ones.',
    'errorattachmentsizeshouldnotbelessthanminimumsize',
  ),
  RequestEntityTooLarge: because('Let the draft route upload large attachments: route auto or draft.', 'requestentitytoolarge'),
  InvalidInternetMessageHeader: because(
    'Only x- headers may go as internetMessageHeaders; others need MIME or an extended property.',
    'invalidinternetmessageheader',
  ),
  InvalidInternetMessageHeaderCollection: because(
    'One to five x- headers fit; more need MIME or extended properties.',
    'invalidinternetmessageheader',
  ),
  ErrorMimeContentInvalid: because('Check that the message begins with its header and is complete.', 'errormimecontentinvalid'),
  ErrorMimeContentInvalidBase64String: because(
    'Post the MIME message as plain base64, neither quoted nor URL-safe.',
    'errormimecontentinvalid',
  ),
  ErrorItemNotFound: because('The draft was sent or deleted, or its id changed: ask for immutable ids.', null),
  ErrorIrresolvableConflict: because('Write to one draft with one request at a time.', null, false),
  ApplicationThrottled: because(
    'Wait as long as Retry-After says; lower maxConnections or set rateLimit if it happens often.',
    '429',
    false,
  ),
  ErrorMailboxMoveInProgress: because('Try again later; or the id belongs to another mailbox.', 'errormailboxmoveinprogress', false),
  RequestBodyRead: because('A property of the posted JSON does not exist or has a wrong type; the reason names it.', null),
  UnableToDeserializePostBody: because('A property of the posted JSON does not exist or has a wrong type.', null),
  NotImplemented: because('The sandbox does not know this; Graph may. See docs/sandbox.md, "Where it differs".', null),
};

const byStatus: [from: number, explanation: Explanation][] = [
  [500, because('Whether it took effect is not known: look for the Message-ID in Sent Items before sending again.', '5xx', false)],
  [429, byCode.ApplicationThrottled as Explanation],
  [400, because('Change the request: it would be refused again.', null)],
  [0, because('The connection was cut before an answer came: whether it took effect is not known.', '5xx', false)],
];

/** What is known about a refusal; `message` may carry an AADSTS number. */
export function explain(status: number, code: string | undefined, message: string): Explanation {
  const number = /AADSTS\d+/.exec(message)?.[0];
  const known = (number === undefined ? undefined : byCode[number]) ?? byCode[code ?? ''];
  if (known) return known;
  if (status === 503) return because('Try again later; the transport does so by itself.', '503', false);
  return (byStatus.find(([from]) => status >= from) as [number, Explanation])[1];
}

/** The code to show: Entra's number says more than its OAuth error. */
export const codeOf = (code: string | undefined, message: string): string => /AADSTS\d+/.exec(message)?.[0] ?? code ?? '';
