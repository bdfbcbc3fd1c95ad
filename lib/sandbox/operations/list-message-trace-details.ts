import type { Json } from '../checks/check-value.js';
import type { TenantCall } from '../graph-call.js';
import type { Answer } from '../http/exchange.js';
import { renderTime } from '../mail/render-attachment.js';
import { badRequest } from '../refusal.js';
import { enterTracing, traces, type TraceRow } from './list-message-traces.js';

type Step = [seconds: number, event: string, action: string, description: string];

/** `GET …/messageTraces/{id}/getDetailsByRecipient(recipientAddress='…')`: https://learn.microsoft.com/graph/api/exchangemessagetrace-getdetailsbyrecipient */
export function listMessageTraceDetails({ state, params }: TenantCall): Answer {
  enterTracing(state, 'message trace details');
  const call = /^getDetailsByRecipient\(recipientAddress='((?:[^']|'')*)'\)$/i.exec(params['call'] ?? '');
  if (!call) throw badRequest('BadRequest', `Resource not found for the segment '${params['call'] ?? ''}'.`);
  const wanted = (call[1] ?? '').replaceAll("''", "'").toLowerCase();
  const row = traces(state).find(({ id, recipientAddress }) => id === params['trace'] && String(recipientAddress).toLowerCase() === wanted);
  return {
    status: 200,
    body: {
      '@odata.context': `${state.origins.graph}/v1.0/$metadata#Collection(microsoft.graph.exchangeMessageTraceDetail)`,
      value: row
        ? stepsOf(row, state.directory.mailbox(String(row['recipientAddress'])) !== undefined).map((step) => render(row, step))
        : [],
    },
  };
}

/** The words of events and descriptions as the documentation and users show them. */
function stepsOf({ status, recipientAddress }: TraceRow, isInside: boolean): Step[] {
  const domain = String(recipientAddress).split('@').at(-1);
  const said = (what: string): string => `Reason: [{LED=${what}};{MSG=};{FQDN=};{IP=};{LRT=}]`;
  const received: Step[] = [
    [0, 'Receive', '', 'Message received by: sandbox.prod.outlook.com'],
    [1, 'Submit', '', 'The message was submitted.'],
  ];
  switch (status) {
    case 'Failed':
      return [...received, [2, 'Fail', '', said('550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup')]];
    case 'Pending':
      return [
        ...received,
        [130, 'Defer', '', said(`450 4.4.317 Cannot connect to remote server [Message=SocketError: TimedOut] ${domain}`)],
      ];
    case 'Quarantined':
      return [...received, [2, 'Spam', 'Quarantine', 'Spam confidence level: 8']];
    case 'FilteredAsSpam':
      return [
        ...received,
        [2, 'Spam', '', 'Spam confidence level: 6'],
        [3, 'Deliver', '', 'The message was successfully delivered to the folder: DefaultFolderType:JunkEmail'],
      ];
    default:
      return isInside
        ? [...received, [2, 'Deliver', '', 'The message was successfully delivered.']]
        : [...received, [2, 'Send external', '', `Message sent to mx.${domain} at 192.0.2.10 using TLS1.3`]];
  }
}

const render = ({ id, messageId, receivedAt }: TraceRow, [seconds, event, action, description]: Step): Json => ({
  id,
  messageId,
  dateTime: renderTime(new Date(receivedAt + seconds * 1000)),
  event,
  action,
  description,
  data: '<root></root>',
});
