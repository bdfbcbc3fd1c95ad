import type { Json } from '../checks/check-value.js';
import { bodyFormat, readJsonObject, readParameters } from '../checks/read-json.js';
import type { ItemCall } from '../graph-call.js';
import type { Answer } from '../http/exchange.js';
import { fileContentType } from '../mail/content-type.js';
import { accessDenied, badRequest, unreadableBody } from '../refusal.js';
import type { AttachmentDescription } from '../uploads.js';
import { uploadBase } from '../upload-base.js';
import { checkDraft } from './attach.js';

/** https://learn.microsoft.com/graph/outlook-large-attachments */
const MOST_BYTES = 150 * 1024 * 1024;

/** `POST …/attachments/createUploadSession`: https://learn.microsoft.com/graph/api/attachment-createuploadsession */
export function createUploadSession({ state, exchange, caller, item, immutableIds }: ItemCall): Answer {
  if (bodyFormat(exchange) !== 'json') throw unreadableBody('An upload session is described as application/json.');
  const { AttachmentItem } = readParameters(readJsonObject(exchange), 'createUploadSession', {
    AttachmentItem: { type: 'graph.attachmentItem' },
  });
  const file = readDescription(AttachmentItem as Json, state.settings.minUploadSize);
  checkDraft(item);
  // a person uploads into his own mailbox only: https://learn.microsoft.com/graph/known-issues
  if (caller.user !== undefined && state.directory.mailbox(caller.user) !== item.mailbox)
    throw accessDenied().because('A person uploads into his own mailbox only.');
  exchange.record.attachment = file.name;
  const session = state.uploads.open({ appId: caller.appId, item, messageId: immutableIds ? item.immutableId : item.id, file });
  state.store.observer?.uploading(session);
  return {
    status: 201,
    body: {
      '@odata.context': `${state.origins.graph}/v1.0/$metadata#microsoft.graph.uploadSession`,
      uploadUrl: `${uploadBase(state, session)}/AttachmentSessions('${session.id}')?authtoken=${session.token}`,
      expirationDateTime: session.expiresAt.toISOString(),
      nextExpectedRanges: ['0-'],
    },
  };
}

function readDescription({ attachmentType, name, size, contentType, contentId, isInline }: Json, least: number): AttachmentDescription {
  for (const [property, value] of Object.entries({ attachmentType, name, size })) {
    if (value === undefined || value === null || value === '') {
      throw badRequest('ErrorRequiredPropertyMissing', `Required property is missing. Property: '${property}'.`);
    }
  }
  if (attachmentType !== 'file') throw badRequest('ErrorInvalidRequest', `Upload sessions are for attachments of the type 'file'.`);
  const bytes = size as number;
  if (bytes < least) {
    throw badRequest('ErrorAttachmentSizeShouldNotBeLessThanMinimumSize', 'Attachment size must be greater than the minimum size.');
  }
  if (bytes > MOST_BYTES) throw badRequest('ErrorAttachmentSizeLimitExceeded', 'The file attachment exceeds the maximum supported size.');
  return {
    name: name as string,
    size: bytes,
    contentType: fileContentType(contentType, name as string),
    contentId: typeof contentId === 'string' && contentId !== '' ? contentId.replace(/^<(.*)>$/, '$1') : undefined,
    isInline: isInline === true,
  };
}
