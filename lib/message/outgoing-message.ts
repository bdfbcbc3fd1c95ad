import type { Loss, LossFeature } from '../prepared/loss.js';
import type { Envelope } from '../prepared/prepared-message.js';
import type { Address } from './address.js';
import type { ContentSource } from './content/content-source.js';
import type { MimeTreeNode } from './nodemailer.js';

/** Something the message has that not every format carries. */
export interface Trait {
  feature: LossFeature | 'transformed' | 'messageId' | 'sendAt';
  detail: string;
}

/** A header field: unfolded, encoded words decoded. */
export interface HeaderField {
  name: string;
  value: string;
}

/** A file that travels with the message. */
export interface OutgoingAttachment {
  /** `undefined` where the app asked for none (`filename: false`). */
  name: string | undefined;
  contentType: string;
  /** Without angle brackets. */
  contentId: string | undefined;
  isInline: boolean;
  source: ContentSource;
  /** The tree node it stands for; `undefined` for parts of a parsed `raw` message. */
  node: MimeTreeNode | undefined;
  /** Given as a MIME part with its header (`raw`): names of fields that a file has no place for. */
  readyMade?: { others: string[] } | undefined;
}

/** What the app wrote, normalised once. */
export interface OutgoingMessage {
  /** With angle brackets. */
  messageId: string;
  envelope: Envelope;
  from: Address | undefined;
  sender: Address | undefined;
  replyTo: Address[];
  to: Address[];
  cc: Address[];
  bcc: Address[];
  /** Addresses that were taken out of a header. */
  removed: { address: string; field: 'to' | 'cc' }[];
  /** Addresses of `bcc` that only the envelope had. */
  added: string[];
  /** Whether To or Cc had to change, so that a MIME message needs new ones. */
  headersRewritten: boolean;
  subject: string;
  importance: 'low' | 'normal' | 'high';
  readReceipt: boolean;
  deliveryReceipt: boolean;
  /** All that has no field of its own, in order. */
  headers: HeaderField[];
  text: ContentSource | undefined;
  html: ContentSource | undefined;
  attachments: OutgoingAttachment[];
  traits: Trait[];
  /** Losses that no format avoids. */
  losses: Loss[];
  /** The compiled tree, for MIME. */
  tree: MimeTreeNode;
  /** The ready-made source, where the app gave one. */
  raw: ContentSource | undefined;
}
