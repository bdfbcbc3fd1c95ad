import type { GraphTransportErrorCode } from './graph-transport-error.js';

/** What is known about a failure when the catalogue is asked. */
export interface FailureFacts {
  /** HTTP status. */
  statusCode?: number | undefined;
  /** `ErrorAccessDenied`, `AADSTS7000215`, … */
  graphCode?: string | undefined;
  /** The service's own words. */
  message?: string | undefined;
}

/** One known failure: how to tell it, why it happens, what to do. */
export interface CatalogueEntry {
  /** The code people search for. */
  readonly id: string;
  readonly code: GraphTransportErrorCode;
  /** Whether the same message would be refused again. */
  readonly permanent: boolean;
  readonly cause: string;
  readonly remedy: string;
  /** Matches one of these codes … */
  readonly graphCodes?: readonly string[];
  /** … with one of these statuses … */
  readonly statusCodes?: readonly number[];
  /** … and these words. All that is given must match. */
  readonly message?: RegExp;
}

/**
 * Every failure this transport can explain; the first match wins, so the special stands before the general.
 * Codes and texts: Microsoft's error references and users' reports.
 */
export const CATALOGUE: readonly CatalogueEntry[] = [
  // sign-in
  {
    id: 'AADSTS7000215',
    graphCodes: ['AADSTS7000215'],
    code: 'EAUTH',
    permanent: true,
    cause: 'The client secret is wrong.',
    remedy:
      'Put the secret\'s Value (not its Secret ID) into clientSecret; the portal shows it only once, so make a new one under "Certificates & secrets" if it is lost.',
  },
  {
    id: 'AADSTS7000222',
    graphCodes: ['AADSTS7000222'],
    code: 'EAUTH',
    permanent: true,
    cause: 'The client secret has expired.',
    remedy: 'Make a new client secret for the app under "Certificates & secrets" and put its Value into clientSecret.',
  },
  {
    id: 'AADSTS700027',
    graphCodes: ['AADSTS700027'],
    code: 'EAUTH',
    permanent: true,
    cause: 'The certificate does not belong to the app, or has expired.',
    remedy: 'Upload the public part of the certificate to the app under "Certificates & secrets", or use the one that is registered there.',
  },
  {
    id: 'AADSTS7000218',
    graphCodes: ['AADSTS7000218'],
    code: 'EAUTH',
    permanent: true,
    cause: 'The sign-in carried neither a secret nor a certificate.',
    remedy: 'Give clientSecret, clientCertificate or credential.',
  },
  {
    id: 'AADSTS7000112',
    graphCodes: ['AADSTS7000112'],
    code: 'EAUTH',
    permanent: true,
    cause: 'The app is disabled in this tenant.',
    remedy: 'Enable it: Enterprise applications › the app › Properties › Enabled for users to sign in.',
  },
  {
    id: 'AADSTS700016',
    graphCodes: ['AADSTS700016'],
    code: 'EAUTH',
    permanent: true,
    cause: 'The app (clientId) is not known in this tenant.',
    remedy:
      'Check that clientId is the Application (client) ID and that tenantId is the Directory (tenant) ID of the same app registration.',
  },
  {
    id: 'AADSTS90002',
    graphCodes: ['AADSTS90002'],
    code: 'EAUTH',
    permanent: true,
    cause: 'There is no such tenant in this cloud.',
    remedy: 'Check tenantId (Directory (tenant) ID), and the cloud option if the tenant is in a national cloud.',
  },
  {
    id: 'AADSTS900023',
    graphCodes: ['AADSTS900023'],
    code: 'EAUTH',
    permanent: true,
    cause: 'tenantId is neither an id nor a domain name.',
    remedy: 'Give the Directory (tenant) ID or a verified domain such as contoso.com.',
  },
  {
    id: 'AADSTS90038',
    graphCodes: ['AADSTS90038', 'AADSTS900382'],
    code: 'EAUTH',
    permanent: true,
    cause: 'The tenant belongs to another cloud.',
    remedy: "Set the cloud option: 'usgov', 'usgov-dod' or 'china'.",
  },
  {
    id: 'AADSTS500011',
    graphCodes: ['AADSTS500011', 'AADSTS1002012', 'AADSTS70011'],
    code: 'EAUTH',
    permanent: true,
    cause: 'The tenant does not know the Graph endpoint as a resource.',
    remedy: 'Check graphEndpoint and cloud: the token is requested for {graphEndpoint}/.default.',
  },
  {
    id: 'AADSTS53003',
    graphCodes: ['AADSTS53003'],
    code: 'EAUTH',
    permanent: true,
    cause: 'A Conditional Access policy blocks the sign-in.',
    remedy: 'Exclude the app (workload identity) from the policy, or send from an address the policy allows.',
  },
  {
    id: 'AADSTS90033',
    graphCodes: ['AADSTS90033', 'AADSTS90006', 'AADSTS90055', 'AADSTS50196'],
    code: 'EAUTH',
    permanent: false,
    cause: 'The sign-in service is busy or throttles the tenant.',
    remedy: 'Try again later.',
  },
  {
    id: 'AADSTS',
    graphCodes: ['AADSTS'],
    code: 'EAUTH',
    permanent: true,
    cause: 'Microsoft Entra refused the sign-in.',
    remedy: 'The AADSTS number is explained at https://login.microsoftonline.com/error.',
  },
  {
    id: 'invalid_client',
    graphCodes: ['invalid_client'],
    code: 'EAUTH',
    permanent: true,
    cause: "The sign-in service does not accept the app's secret or certificate.",
    remedy: 'Check that clientId and clientSecret (or the certificate) belong to the same app registration and have not expired.',
  },

  // the token at Graph
  {
    id: 'InvalidAuthenticationToken',
    graphCodes: ['InvalidAuthenticationToken'],
    message: /audience/i,
    code: 'EAUTH',
    permanent: true,
    cause: 'The token was issued for another service or cloud.',
    remedy: 'Request it for {graphEndpoint}/.default, and check the cloud option.',
  },
  {
    id: 'InvalidAuthenticationToken',
    graphCodes: ['InvalidAuthenticationToken'],
    code: 'EAUTH',
    permanent: true,
    cause: 'Graph did not accept the token, nor the one that was fetched after it.',
    remedy: "Check the machine's clock and, if you pass your own credential, the token it returns.",
  },
  {
    id: 'NoPermissionsInAccessToken',
    graphCodes: ['NoPermissionsInAccessToken'],
    code: 'EAUTH',
    permanent: true,
    cause: 'The token carries no permissions.',
    remedy:
      'Add the application permission Mail.Send (Mail.ReadWrite, too, for large attachments) and grant admin consent; it acts within minutes, on a running app as well.',
  },
  {
    id: '401',
    statusCodes: [401],
    code: 'EAUTH',
    permanent: true,
    cause: 'Graph did not accept the token, nor the one that was fetched after it.',
    remedy: 'Check the cloud option and, if you pass your own credential, the token it returns.',
  },

  // permission
  {
    id: '/me',
    statusCodes: [400],
    message: /\/me request is only valid with delegated/i,
    code: 'EAUTH',
    permanent: true,
    cause: "mailbox: 'me' is the signed-in user's, and the token is an app's own.",
    remedy: "Set mailbox to the mailbox's user principal name, or use a credential of a signed-in user.",
  },
  {
    id: 'ErrorAccessDenied (access policy)',
    graphCodes: ['ErrorAccessDenied'],
    message: /OData is disabled|AppOnly AccessPolicy/i,
    code: 'EAUTH',
    permanent: true,
    cause: 'An Application Access Policy of the tenant excludes this mailbox.',
    remedy:
      "Add the mailbox to the policy's group, or restrict the app by RBAC for Applications instead. Changes take up to an hour or two.",
  },
  {
    id: 'ErrorAccessDenied',
    graphCodes: ['ErrorAccessDenied', 'AccessDenied', 'Authorization_RequestDenied'],
    statusCodes: [403],
    code: 'EAUTH',
    permanent: true,
    cause:
      'The app may not do this with this mailbox: the application permission Mail.Send (Mail.ReadWrite for the draft route) or its admin consent is missing, RBAC for Applications excludes the mailbox, or a fresh grant is not active yet.',
    remedy:
      'Add the application permission (not the delegated one) and grant admin consent, or include the mailbox in the RBAC scope. Consent acts within minutes on a running app, too: a refused token is not used again (a managed identity keeps its own for hours); RBAC takes 30 minutes to 2 hours.',
  },
  {
    id: 'ErrorSendAsDenied',
    graphCodes: ['ErrorSendAsDenied', 'ErrorInvalidSender'],
    code: 'EENVELOPE',
    permanent: true,
    cause: 'The mailbox may not send with this From address.',
    remedy:
      "Grant it Send As on the other mailbox, use the mailbox's own address in from, or set mailbox to the one that owns the address.",
  },

  // mailbox
  {
    id: 'MailboxNotEnabledForRESTAPI',
    graphCodes: ['MailboxNotEnabledForRESTAPI', 'MailboxNotSupportedForRESTAPI'],
    code: 'EENVELOPE',
    permanent: true,
    cause: 'The sending mailbox has no Exchange Online licence, is soft-deleted, or lives on premises.',
    remedy: 'Use a mailbox hosted in Exchange Online (a shared mailbox needs no licence).',
  },
  {
    id: 'ErrorInvalidUser',
    graphCodes: ['ErrorInvalidUser', 'ResourceNotFound', 'Request_ResourceNotFound'],
    statusCodes: [404],
    code: 'EENVELOPE',
    permanent: true,
    cause: 'There is no such mailbox in the tenant; aliases do not count here.',
    remedy: 'Set mailbox to the primary user principal name or the object id of the mailbox; put an alias into from.',
  },
  {
    id: 'ErrorMailboxMoveInProgress',
    graphCodes: ['ErrorMailboxMoveInProgress', 'ErrorMailboxStoreUnavailable', 'MailboxInfoStale'],
    code: 'EGRAPH',
    permanent: false,
    cause: 'The mailbox is being moved or is not reachable for the moment.',
    remedy: 'Try again later.',
  },
  {
    id: 'ErrorQuotaExceeded',
    graphCodes: ['ErrorQuotaExceeded', 'quotaLimitReached'],
    code: 'EGRAPH',
    permanent: false,
    cause: 'The sending mailbox is full.',
    remedy: 'Empty its Sent Items, raise its quota, or send with saveToSentItems: false.',
  },
  {
    id: 'ErrorExceededMessageLimit',
    graphCodes: ['ErrorExceededMessageLimit', 'ErrorMessageSubmissionBlocked', 'ErrorAccountSuspend', 'ErrorSubmissionQuotaExceeded'],
    code: 'EGRAPH',
    permanent: false,
    cause: 'The mailbox has reached a sending limit or is blocked for suspected spam.',
    remedy: "Look into the mailbox's Inbox and the Defender portal for the reason; spread the mail over time or mailboxes.",
  },

  // message
  {
    id: 'ErrorInvalidRecipients',
    graphCodes: ['ErrorInvalidRecipients', 'ErrorMissingRecipients'],
    code: 'EENVELOPE',
    permanent: true,
    cause: 'Graph does not accept one of the recipient addresses.',
    remedy: 'Correct the address that the message names; nothing was sent to anybody.',
  },
  {
    id: 'ErrorRecipientLimitExceeded',
    graphCodes: ['ErrorRecipientLimitExceeded', 'ErrorExceededMaxRecipientLimit'],
    code: 'EENVELOPE',
    permanent: true,
    cause: 'The message has more recipients than the mailbox may address at once.',
    remedy: 'Split the recipients over several messages, or use a distribution group (it counts as one).',
  },
  {
    id: 'ErrorMessageSizeExceeded',
    graphCodes: ['ErrorMessageSizeExceeded', 'ErrorAttachmentSizeLimitExceeded'],
    code: 'EMESSAGE',
    permanent: true,
    cause: "The message is larger than the tenant's limit (35 MB unless an administrator raised it, at most 150 MB).",
    remedy: 'Raise the limit with Set-Mailbox -MaxSendSize, or send a link instead of the attachment.',
  },
  {
    id: 'ErrorAttachmentSizeShouldNotBeLessThanMinimumSize',
    graphCodes: ['ErrorAttachmentSizeShouldNotBeLessThanMinimumSize'],
    code: 'EMESSAGE',
    permanent: true,
    cause:
      'The file is a few hundred bytes below 3 MB: too large for one request and, by the documentation, too small for an upload session.',
    remedy: 'Make it a kilobyte smaller or larger, for example by zipping it.',
  },
  {
    id: 'RequestEntityTooLarge',
    statusCodes: [413],
    code: 'EMESSAGE',
    permanent: true,
    cause: 'The request is larger than the 4 MiB Graph takes at once.',
    remedy: "Use route: 'auto' or 'draft', which upload large attachments separately (needs Mail.ReadWrite).",
  },
  {
    id: 'InvalidInternetMessageHeader',
    graphCodes: ['InvalidInternetMessageHeader', 'InvalidInternetMessageHeaderCollection'],
    code: 'EMESSAGE',
    permanent: true,
    cause: 'Graph does not accept one of the headers.',
    remedy: "Remove the header that the message names, or use format: 'mime'.",
  },
  {
    id: 'ErrorMimeContentInvalid',
    graphCodes: ['ErrorMimeContentInvalid', 'ErrorMimeContentConversionFailed', 'ErrorMimeContentInvalidBase64String'],
    code: 'EMESSAGE',
    permanent: true,
    cause: 'Exchange cannot read the MIME message.',
    remedy: "Check raw content for completeness, or use format: 'json'.",
  },

  // load
  {
    id: '429',
    statusCodes: [429],
    code: 'EGRAPH',
    permanent: false,
    cause: 'Graph throttles the app or the mailbox; the message was not accepted.',
    remedy: 'Send again after retryAfter seconds; lower maxConnections or set rateLimit if it happens often.',
  },
  {
    id: '503',
    statusCodes: [503],
    code: 'EGRAPH',
    permanent: false,
    cause: 'Graph is not available for the moment; the message was not accepted.',
    remedy: 'Send again later.',
  },
  {
    id: '5xx',
    statusCodes: [500, 502, 504, 507, 509],
    code: 'EGRAPH',
    permanent: false,
    cause: 'Graph failed while it handled the message.',
    remedy: "Look for the Message-ID in the mailbox's Sent Items before you send it again; route: 'draft' settles this by itself.",
  },
];

/** The entry that explains a failure, or `undefined` for one nobody has described yet. */
export function explain(facts: FailureFacts): CatalogueEntry | undefined {
  return CATALOGUE.find((entry) => matches(entry, facts));
}

function matches(entry: CatalogueEntry, { statusCode, graphCode, message }: FailureFacts): boolean {
  if (entry.graphCodes && !entry.graphCodes.some((code) => code === graphCode || (code === 'AADSTS' && graphCode?.startsWith(code))))
    return false;
  if (entry.statusCodes && !entry.statusCodes.includes(statusCode ?? 0)) return false;
  return !entry.message || entry.message.test(message ?? '');
}
