import { entries } from './entry.js';

/** What stands in the way of Exchange's message trace. */
export const TRACE = entries({ code: 'EAUTH', permanent: true, operations: ['trace'] }, [
  {
    id: '401 of a message trace',
    statusCodes: [401],
    message: /service principal/i,
    cause: "The tenant has no service principal of Microsoft's tracing app (8bd644d1-64a1-4d4b-ae52-2e0cbf64e373).",
    remedy:
      'Let an administrator make it once, by az ad sp create --id 8bd644d1-64a1-4d4b-ae52-2e0cbf64e373; it takes up to several hours to act.',
  },
  {
    id: '403 of a message trace',
    statusCodes: [403],
    cause:
      'The app may not read the message trace: the permission ExchangeMessageTrace.Read.All or its admin consent is missing; a person needs an Exchange role besides.',
    remedy:
      'Add the application permission ExchangeMessageTrace.Read.All of Microsoft Graph and grant admin consent. It covers the whole tenant, so that an app of its own for it is best.',
  },
  {
    id: '404 of a message trace',
    statusCodes: [400, 404, 501],
    message: /segment|not found|not supported|not implemented|does not exist/i,
    code: 'EGRAPH',
    cause: 'This cloud or tenant has no message trace in Graph; Microsoft offers it in the global cloud only.',
    remedy: "Look into the Exchange admin center's message trace instead, or watch for delivery reports with watchBounces().",
  },
  {
    id: '429 of a message trace',
    statusCodes: [429],
    code: 'EGRAPH',
    permanent: false,
    cause: 'The tenant has asked for more than 100 message traces in 5 minutes, this app or another.',
    remedy: 'Ask again after retryAfter seconds.',
  },
]);
