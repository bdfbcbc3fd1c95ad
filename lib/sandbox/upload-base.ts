import type { SandboxState } from './state.js';
import type { UploadSession } from './uploads.js';

/** What the URLs of a session's message begin with. */
export function uploadBase({ origins, settings }: SandboxState, { item, messageId }: UploadSession): string {
  return `${origins.upload}/api/gv1.0/Users('${item.mailbox.id}@${settings.tenantId}')/Messages('${messageId}')`;
}
