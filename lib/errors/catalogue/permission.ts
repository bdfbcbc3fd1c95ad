import { entries } from './entry.js';

/** What the app may not do. */
export const PERMISSION = entries({ code: 'EAUTH', permanent: true }, [
  {
    id: '/me',
    statusCodes: [400],
    message: /\/me request is only valid with delegated/i,
    cause: "mailbox: 'me' is the signed-in user's, and the token is an app's own.",
    remedy: "Set mailbox to the mailbox's user principal name, or use a credential of a signed-in user.",
  },
  {
    id: 'ErrorAccessDenied (access policy)',
    graphCodes: ['ErrorAccessDenied'],
    message: /OData is disabled|AppOnly AccessPolicy/i,
    cause: 'An Application Access Policy of the tenant excludes this mailbox.',
    remedy:
      "Add the mailbox to the policy's group, or restrict the app by RBAC for Applications instead. A policy takes 30 minutes to 4 hours to act; Test-ApplicationAccessPolicy tells at once.",
  },
  {
    graphCodes: ['ErrorAccessDenied', 'AccessDenied', 'Authorization_RequestDenied'],
    statusCodes: [403],
    cause:
      'The app may not do this with this mailbox: the application permission Mail.Send (Mail.ReadWrite for the draft route) or its admin consent is missing, RBAC for Applications excludes the mailbox, or a fresh grant is not active yet.',
    remedy:
      'Add the application permission (not the delegated one) and grant admin consent, or include the mailbox in the RBAC scope. Consent acts within minutes on a running app, too: a refused token is not used again (a managed identity keeps its own for hours); RBAC takes 30 minutes to 2 hours.',
  },
  {
    graphCodes: ['ErrorSendAsDenied', 'ErrorInvalidSender'],
    code: 'EENVELOPE',
    cause: 'The mailbox may not send with this From address.',
    remedy:
      "Grant it Send As on the other mailbox, use the mailbox's own address in from, or set mailbox to the one that owns the address.",
  },
]);
