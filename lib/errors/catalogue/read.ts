import { entries } from './entry.js';

/** What stands in the way of reading, where nothing is sent. */
export const READ = entries({ code: 'EAUTH', permanent: true, operations: ['read'] }, [
  {
    id: '403 of reading a mailbox',
    statusCodes: [403],
    cause: 'The app may not read this mailbox: the permission Mail.Read is missing, or RBAC for Applications excludes the mailbox.',
    remedy:
      'Add the application permission Mail.Read (or Mail.ReadWrite) and grant admin consent, or assign the role "Application Mail.Read" for this mailbox by RBAC for Applications.',
  },
  {
    id: '429 or 5xx of reading',
    statusCodes: [429, 500, 502, 503, 504, 507, 509],
    operations: ['read', 'trace'],
    code: 'EGRAPH',
    permanent: false,
    cause: 'Graph throttles the app or the mailbox, or is not available for the moment.',
    remedy: 'Ask again later.',
  },
]);
