import { describeRefusal } from './error-envelope.js';
import type { Answer, Exchange } from './http/exchange.js';
import type { Surface } from './http/serve.js';
import { occupy } from './occupy.js';
import { cancelUpload } from './operations/cancel-upload.js';
import { getUploadSession } from './operations/get-upload-session.js';
import { uploadChunk } from './operations/upload-chunk.js';
import { defaultError, itemNotFound, Refusal } from './refusal.js';
import type { SandboxState } from './state.js';
import type { SandboxOperation } from './types.js';
import type { UploadSession } from './uploads.js';

interface UploadRoute {
  operation: SandboxOperation;
  run(state: SandboxState, session: UploadSession, exchange: Exchange): Answer;
  writes: boolean;
}

const routes: Record<string, UploadRoute> = {
  PUT: { operation: 'uploadChunk', run: uploadChunk, writes: true },
  GET: { operation: 'getUploadSession', run: getUploadSession, writes: false },
  DELETE: { operation: 'cancelUpload', run: cancelUpload, writes: false },
};

/** Outlook's upload sessions, an origin of its own: the URL is the key to it, and a token is refused. */
export function createUploadSurface(state: SandboxState): Surface {
  return {
    open: (exchange) => {
      const route = routes[exchange.method];
      const id = /\/AttachmentSessions\('([^']+)'\)$/.exec(exchange.path)?.[1];
      const session = id === undefined ? undefined : state.uploads.find(id);
      exchange.record.attachment = session?.file.name;
      return {
        operation: (id !== undefined && route?.operation) || 'unknown',
        mailbox: session?.item.mailbox.userPrincipalName,
        enter: () => {
          checkAccess(state, exchange, session);
          if (!route) throw new Refusal(405, 'Request_BadRequest', 'Specified HTTP method is not allowed for the request target.');
          return enter(state, session as UploadSession, route);
        },
        // not reached unless `enter` succeeded
        run: () => (route as UploadRoute).run(state, session as UploadSession, exchange),
      };
    },
    refuse: describeRefusal,
    defaultError,
  };
}

function checkAccess({ store, origins }: SandboxState, { request, query, record }: Exchange, session: UploadSession | undefined): void {
  if (request.headers.authorization !== undefined) {
    throw new Refusal(
      401,
      'InvalidAudienceForResource',
      `The audience claim value is invalid for current resource. Audience claim is '${origins.graph}', request url is '${origins.upload}' and resource type is 'Exchange'.`,
    );
  }
  // a draft that was sent or deleted takes its sessions with it
  if (!session || store.find(session.item.id, false)?.folder !== 'drafts') throw itemNotFound();
  if (query.get('authtoken') !== session.token) throw new Refusal(401, 'InvalidAuthenticationToken', 'Access token is empty.');
  record.itemId = session.item.immutableId;
  session.item.requestIds.push(record.requestId);
}

function enter({ traffic }: SandboxState, { appId, item }: UploadSession, { writes }: UploadRoute): () => void {
  const leaveTraffic = traffic.enter(appId, item.mailbox.id);
  try {
    const leaveItem = writes ? occupy(item) : () => undefined;
    return () => {
      leaveItem();
      leaveTraffic();
    };
  } catch (error) {
    leaveTraffic();
    throw error;
  }
}
