import { MAX_REQUEST } from '../http/read-body.js';
import type { Answer, Exchange } from '../http/exchange.js';
import { newAttachmentId } from '../mail/ids.js';
import { badRequest, defaultError, Refusal } from '../refusal.js';
import type { SandboxState } from '../state.js';
import { uploadBase } from '../upload-base.js';
import type { UploadSession } from '../uploads.js';
import { attach } from './attach.js';
import { checkSize } from './check-submission.js';
import { describeSession } from './get-upload-session.js';

/**
 * `PUT {uploadUrl}`: one range after the other, each below 4 MB. That ranges be multiples of 320 KiB
 * is a rule of OneDrive, not of Outlook.
 */
export function uploadChunk(state: SandboxState, session: UploadSession, exchange: Exchange): Answer {
  const { settings } = state;
  const { file, item } = session;
  const { body } = exchange;
  const end = checkRange(exchange, session);
  checkSize(settings.maxMessageSize, item.content, end);
  if (settings.keepContent) session.chunks.push(body);
  session.received = end;
  state.store.observer?.uploading(session);
  if (end < file.size) return { status: 200, body: describeSession(state, session) };
  const content = Buffer.concat(session.chunks);
  const id = newAttachmentId();
  attach(state, item, { ...file, id, type: 'fileAttachment', content });
  state.uploads.close(session);
  return { status: 201, headers: { Location: `${uploadBase(state, session)}/Attachments('${id}')` } };
}

/** @returns the offset behind the range */
function checkRange({ request, body }: Exchange, { file, received }: UploadSession): number {
  const [, from, to, total] = /^bytes (\d+)-(\d+)\/(\d+)$/i.exec(request.headers['content-range'] ?? '') ?? [];
  if (from === undefined || to === undefined) throw badRequest('ErrorInvalidRequest', 'The Content-Range header is missing or malformed.');
  const start = Number(from);
  const end = Number(to) + 1;
  if (Number(total) !== file.size || end > file.size || end <= start) {
    throw badRequest('ErrorInvalidRequest', `The Content-Range header does not fit a file of ${file.size} bytes.`);
  }
  // msgraph-docs-contrib #836
  if (body.length !== end - start) {
    throw badRequest(
      'ErrorInvalidRequest',
      `Content size exceeds specified contentLength. ${body.length} bytes written while expected ${end - start}.`,
    );
  }
  if (body.length >= MAX_REQUEST) throw new Refusal(413, ...defaultError(413));
  if (start !== received) {
    throw new Refusal(416, 'InvalidContentRange', `The range does not start where the last one ended, at ${received}.`);
  }
  return end;
}
