import { entries } from './entry.js';

/** What Graph does not like about a message. */
export const MESSAGE = entries({ code: 'EMESSAGE', permanent: true }, [
  {
    graphCodes: ['ErrorInvalidRecipients', 'ErrorMissingRecipients'],
    code: 'EENVELOPE',
    cause: 'Graph does not accept one of the recipient addresses.',
    remedy: 'Correct the address that the message names; nothing was sent to anybody.',
  },
  {
    graphCodes: ['ErrorRecipientLimitExceeded', 'ErrorExceededMaxRecipientLimit'],
    code: 'EENVELOPE',
    cause: 'The message has more recipients than the mailbox may address at once.',
    remedy: 'Split the recipients over several messages, or use a distribution group (it counts as one).',
  },
  {
    graphCodes: ['ErrorMessageSizeExceeded', 'ErrorAttachmentSizeLimitExceeded'],
    cause: "The message is larger than the tenant's limit (35 MB unless an administrator raised it, at most 150 MB).",
    remedy: 'Raise the limit with Set-Mailbox -MaxSendSize, or send a link instead of the attachment.',
  },
  {
    graphCodes: ['ErrorAttachmentSizeShouldNotBeLessThanMinimumSize'],
    cause:
      'The file is a few hundred bytes below 3 MB: too large for one request and, by the documentation, too small for an upload session.',
    remedy: 'Make it a kilobyte smaller or larger, for example by zipping it.',
  },
  {
    id: 'RequestEntityTooLarge',
    statusCodes: [413],
    cause: 'The request is larger than the 4 MiB Graph takes at once.',
    remedy: "Use route: 'auto' or 'draft', which upload large attachments separately (needs Mail.ReadWrite).",
  },
  {
    graphCodes: ['InvalidInternetMessageHeader', 'InvalidInternetMessageHeaderCollection'],
    cause: 'Graph does not accept one of the headers.',
    remedy: "Remove the header that the message names, or use format: 'mime'.",
  },
  {
    graphCodes: ['ErrorMimeContentInvalid', 'ErrorMimeContentConversionFailed', 'ErrorMimeContentInvalidBase64String'],
    cause: 'Exchange cannot read the MIME message.',
    remedy: "Check raw content for completeness, or use format: 'json'.",
  },
]);
