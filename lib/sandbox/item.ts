import type { MessageContent } from './mail/content.js';
import type { Mailbox } from './settings.js';
import type { SandboxMessage } from './types.js';

/** A message in a mailbox. */
export interface Item {
  /** Changes when the item moves to another folder. */
  id: string;
  immutableId: string;
  changeKey: string;
  mailbox: Mailbox;
  /** Grows with every arrival in a folder. */
  arrival: number;
  folder: 'drafts' | 'sentitems' | 'inbox' | 'deleteditems';
  createdAt: Date;
  modifiedAt: Date;
  content: MessageContent;
  /** What was delivered; undefined as long as it is a draft, for a message that bounced, and for what came from outside. */
  delivered: SandboxMessage | undefined;
  /** ms since the epoch; before that no client finds it. */
  visibleFrom: number;
  /** A write is under way: a second one conflicts. */
  busy: boolean;
  /** Of the requests that were about it, oldest first. */
  requestIds: string[];
}
