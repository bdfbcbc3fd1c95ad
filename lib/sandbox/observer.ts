import type { Exchange } from './http/exchange.js';
import type { Item } from './item.js';
import type { SandboxBounce, SandboxMessage, SandboxRequest } from './types.js';
import type { UploadSession } from './uploads.js';

/** Who is told what happens in a sandbox, in the order it happens: the inbox. Must not throw. */
export interface SandboxObserver {
  /** A draft was made, or changed. */
  drafted(item: Item): void;
  /** A draft is none any more: sent, deleted or dropped. */
  undrafted(item: Item): void;
  uploading(session: UploadSession): void;
  delivered(message: SandboxMessage, item: Item): void;
  bounced(bounce: SandboxBounce, item: Item): void;
  /** A request is about to be answered. */
  requested(request: SandboxRequest, exchange: Exchange): void;
  /** Messages were dropped, by a limit or one by one. */
  removed(messages: SandboxMessage[], by: 'evicted' | 'app'): void;
  /** Everything was forgotten. */
  cleared(): void;
}
