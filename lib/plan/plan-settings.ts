import type { GraphMessageExtras } from '../encode/graph-message.js';
import type { Format, Route } from '../prepared/prepared-message.js';
import type { TenantFacts } from '../prepared/tenant-facts.js';

/** How a message is handed to Graph: as JSON, or as base64 MIME; `'auto'` picks per message what carries more of it. */
export type FormatOption = 'auto' | 'json' | 'mime';
/** `'sendMail'`: one request. `'draft'`: a draft that is filled and then sent. `'auto'`: a draft only for what is too big for one request. */
export type RouteOption = 'auto' | 'sendMail' | 'draft';
/** What happens with a message that the chosen format cannot carry whole: a line in the log, an `EMESSAGE` before anything is sent, or nothing. */
export type LossPolicy = 'warn' | 'error' | 'ignore';

/** What planning needs to know of the transport's options. */
export interface PlanSettings {
  readonly mailbox: string | undefined;
  readonly saveToSentItems: boolean;
  readonly format: FormatOption;
  readonly route: RouteOption;
  readonly onLoss: LossPolicy;
  readonly maxRecipients: number;
  /** Milliseconds of silence of an attachment's stream. */
  readonly socketTimeout: number;
  /** Only where a person signs in, or may, there is somebody who is `'me'`. */
  readonly signIn: { readonly kind: string };
  /** What was measured on the tenant. */
  readonly tenantFacts?: TenantFacts | undefined;
}

/** The settings of one message, checked: the transport's with the message's `graph: {…}` over them. */
export interface MessageSettings {
  readonly mailbox: string;
  readonly saveToSentItems: boolean;
  readonly format: 'auto' | Format;
  readonly route: 'auto' | Route;
  readonly extras: GraphMessageExtras | undefined;
  /** When Exchange sends it. */
  readonly sendAt: Date | undefined;
}
