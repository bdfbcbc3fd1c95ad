import type { Json } from '../checks/check-value.js';
import type { Answer } from '../http/exchange.js';
import type { SandboxState } from '../state.js';
import type { UploadSession } from '../uploads.js';

/** `GET {uploadUrl}`: where to go on. The official clients ask it, the documentation of Outlook does not tell of it. */
export function getUploadSession(state: SandboxState, session: UploadSession): Answer {
  return { status: 200, body: describeSession(state, session) };
}

/** A session under way: capital E and bare numbers, other than when it was made. */
export function describeSession({ origins }: SandboxState, { expiresAt, received }: UploadSession): Json {
  return {
    '@odata.context': `${origins.upload}/api/gv1.0/$metadata#Users/Messages/AttachmentSessions/$entity`,
    ExpirationDateTime: expiresAt.toISOString(),
    nextExpectedRanges: [String(received)],
  };
}
