import { entries } from './entry.js';

/** What passes by itself. */
export const LOAD = entries({ code: 'EGRAPH', permanent: false }, [
  {
    statusCodes: [429],
    aliases: ['ApplicationThrottled', 'TooManyRequests', 'CommandConcurrencyLimitReached', 'ErrorTooManyObjectsOpened'],
    cause: 'Graph throttles the app or the mailbox; by its documentation the message was not accepted.',
    remedy: 'Send again after retryAfter seconds; lower maxConnections or set rateLimit if it happens often.',
  },
  {
    statusCodes: [503],
    aliases: ['ErrorServerBusy'],
    cause: 'Graph is not available for the moment; by its documentation the message was not accepted.',
    remedy: 'Send again later.',
  },
  {
    id: '5xx',
    statusCodes: [500, 502, 504, 507, 509],
    aliases: ['ErrorInternalServerError', 'ErrorInternalServerTransientError', 'UnknownError'],
    cause: 'Graph failed while it handled the message.',
    remedy: "Look for the Message-ID in the mailbox's Sent Items before you send it again; route: 'draft' settles this by itself.",
  },
]);
