import { entries } from './entry.js';

/** What is wrong with the sending mailbox. */
export const MAILBOX = entries({ code: 'EGRAPH', permanent: false }, [
  {
    graphCodes: ['MailboxNotEnabledForRESTAPI', 'MailboxNotSupportedForRESTAPI', 'ErrorMailboxNotEnabledForRESTAPI'],
    code: 'EENVELOPE',
    permanent: true,
    cause:
      'The sending mailbox has no Exchange Online licence, is soft-deleted, or lives on premises; or the address is a distribution list, a Microsoft 365 group or a contact, which cannot send.',
    remedy:
      'Use a mailbox hosted in Exchange Online: a shared mailbox needs no licence; a room or resource has one, too, but deletes the answers and bounces it gets.',
  },
  {
    graphCodes: ['ErrorInvalidUser', 'ResourceNotFound', 'Request_ResourceNotFound'],
    statusCodes: [404],
    code: 'EENVELOPE',
    permanent: true,
    cause: 'There is no such mailbox in the tenant; aliases do not count here, nor do distribution lists and groups, which cannot send.',
    remedy:
      'Set mailbox to the primary user principal name or the object id of the mailbox; put an alias into from. For a list or group, send from a mailbox that has Send As on it.',
  },
  {
    graphCodes: ['ErrorMailboxMoveInProgress', 'ErrorMailboxStoreUnavailable', 'MailboxInfoStale'],
    cause: 'The mailbox is being moved or is not reachable for the moment.',
    remedy: 'Try again later.',
  },
  {
    graphCodes: ['ErrorQuotaExceeded', 'quotaLimitReached'],
    cause: 'The sending mailbox is full.',
    remedy: 'Empty its Sent Items, raise its quota, or send with saveToSentItems: false.',
  },
  {
    graphCodes: ['ErrorExceededMessageLimit', 'ErrorMessageSubmissionBlocked', 'ErrorAccountSuspend', 'ErrorSubmissionQuotaExceeded'],
    cause: 'The mailbox has reached a sending limit or is blocked for suspected spam.',
    remedy: "Look into the mailbox's Inbox and the Defender portal for the reason; spread the mail over time or mailboxes.",
  },
]);
