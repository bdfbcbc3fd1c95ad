import type { Answer } from '../http/exchange.js';
import type { SandboxState } from '../state.js';
import type { UploadSession } from '../uploads.js';

/** `DELETE {uploadUrl}` */
export function cancelUpload({ uploads }: SandboxState, session: UploadSession): Answer {
  uploads.close(session);
  return { status: 204 };
}
