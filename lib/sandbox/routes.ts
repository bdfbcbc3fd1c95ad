import type { GraphCall, Handler, ItemCall, TenantCall } from './graph-call.js';
import { addAttachment } from './operations/add-attachment.js';
import { createDraft } from './operations/create-draft.js';
import { createUploadSession } from './operations/create-upload-session.js';
import { deleteMessage, permanentlyDeleteMessage } from './operations/delete-message.js';
import { getMessage } from './operations/get-message.js';
import { getMessageSource } from './operations/get-message-source.js';
import { listAttachments } from './operations/list-attachments.js';
import { listMessageTraceDetails } from './operations/list-message-trace-details.js';
import { listMessageTraces } from './operations/list-message-traces.js';
import { listMessageChanges } from './operations/list-message-changes.js';
import { listMessages } from './operations/list-messages.js';
import { sendMail } from './operations/send-mail.js';
import { send } from './operations/send.js';
import { updateMessage } from './operations/update-message.js';
import type { SandboxOperation } from './types.js';

interface CommonRoute {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below `/v1.0/users/{id}` or `/v1.0/me`, of a tenant's route below `/v1.0`; `:name` takes one segment. */
  path: string;
  operation: SandboxOperation;
  /** Any of these permissions will do. */
  needs: readonly string[];
}

/** A route to a mailbox. */
export interface MailboxRoute extends CommonRoute {
  run: Handler<GraphCall>;
}

/** A route to one message, `:message` in its path. */
export interface ItemRoute extends CommonRoute {
  runOnItem: Handler<ItemCall>;
  /** Whether two of them at a time on one message conflict. */
  writes: boolean;
}

/** A route that belongs to no mailbox. */
export interface TenantRoute extends CommonRoute {
  runForTenant: Handler<TenantCall>;
}

export type Route = MailboxRoute | ItemRoute | TenantRoute;

const sending = ['Mail.Send'];
const writing = ['Mail.ReadWrite'];
const reading = ['Mail.ReadWrite', 'Mail.Read'];

/** Everything the sandbox's Graph answers; upload sessions are an origin of their own. */
export const routes: readonly Route[] = [
  { method: 'POST', path: '/sendMail', operation: 'sendMail', needs: sending, run: sendMail },
  { method: 'POST', path: '/messages', operation: 'createDraft', needs: writing, run: createDraft },
  { method: 'GET', path: '/messages', operation: 'listMessages', needs: reading, run: listMessages },
  { method: 'GET', path: '/mailFolders/:folder/messages', operation: 'listMessages', needs: reading, run: listMessages },
  {
    method: 'GET',
    path: '/mailFolders/:folder/messages/delta',
    operation: 'listMessageChanges',
    needs: reading,
    run: listMessageChanges,
  },
  { method: 'GET', path: '/messages/:message', operation: 'getMessage', needs: reading, runOnItem: getMessage, writes: false },
  {
    method: 'GET',
    path: '/messages/:message/$value',
    operation: 'getMessageSource',
    needs: reading,
    runOnItem: getMessageSource,
    writes: false,
  },
  { method: 'PATCH', path: '/messages/:message', operation: 'updateMessage', needs: writing, runOnItem: updateMessage, writes: true },
  { method: 'DELETE', path: '/messages/:message', operation: 'deleteMessage', needs: writing, runOnItem: deleteMessage, writes: true },
  {
    method: 'POST',
    path: '/messages/:message/permanentDelete',
    operation: 'deleteMessage',
    needs: writing,
    runOnItem: permanentlyDeleteMessage,
    writes: true,
  },
  { method: 'POST', path: '/messages/:message/send', operation: 'send', needs: sending, runOnItem: send, writes: true },
  {
    method: 'GET',
    path: '/messages/:message/attachments',
    operation: 'listAttachments',
    needs: reading,
    runOnItem: listAttachments,
    writes: false,
  },
  {
    method: 'POST',
    path: '/messages/:message/attachments',
    operation: 'addAttachment',
    needs: writing,
    runOnItem: addAttachment,
    writes: true,
  },
  {
    method: 'POST',
    path: '/messages/:message/attachments/createUploadSession',
    operation: 'createUploadSession',
    needs: writing,
    runOnItem: createUploadSession,
    writes: true,
  },
  {
    method: 'GET',
    path: '/admin/exchange/tracing/messageTraces',
    operation: 'listMessageTraces',
    needs: ['ExchangeMessageTrace.Read.All'],
    runForTenant: listMessageTraces,
  },
  {
    method: 'GET',
    path: '/admin/exchange/tracing/messageTraces/:trace/:call',
    operation: 'listMessageTraceDetails',
    needs: ['ExchangeMessageTrace.Read.All'],
    runForTenant: listMessageTraceDetails,
  },
];
