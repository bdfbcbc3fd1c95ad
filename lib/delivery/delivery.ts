import type { Cancellation } from '../cancellation.js';
import type { GraphMessageExtras } from '../encode/graph-message.js';
import type { GraphClient } from '../graph/client.js';
import type { SignInTrace } from '../sign-in/azure-http.js';
import type { HttpClient } from '../graph/http.js';
import type { TokenSource } from '../sign-in/tokens.js';
import type { Loss } from '../message/outgoing-message.js';
import type { Logger, Settings } from '../options.js';
import type { Format } from '../plan/carriage.js';
import type { Turn } from './mailbox-queue.js';
import type { Route } from '../plan/format-and-route.js';

/** One message on its way: what every step of it needs. */
export interface Delivery {
  readonly settings: Settings;
  readonly graph: GraphClient;
  readonly tokens: TokenSource;
  readonly trace: SignInTrace;
  readonly logger: Logger;
  readonly signal: Cancellation;
  readonly turn: Turn;
  /** For upload sessions, which take no token. */
  readonly http: HttpClient;
  readonly onProgress: (progress: UploadProgress) => void;
  readonly sleep: (ms: number, signal: Cancellation) => Promise<void>;
  readonly mailbox: string;
  /** The Message-ID; in MIME a plugin may still have changed it. */
  messageId: string;
  /** Requests to Graph so far. */
  attempts: number;
}

/** How far an attachment is uploaded; what the `progress` event carries. */
export interface UploadProgress {
  /** Which message it belongs to. */
  messageId: string;
  /** The attachment's name. */
  attachment: string;
  /** Bytes taken by Graph so far. */
  sent: number;
  /** Bytes in all. */
  total: number;
}

/** `graph: {…}` of a message, checked. */
export interface MessageSettings {
  readonly mailbox: string;
  readonly saveToSentItems: boolean;
  readonly format: 'auto' | Format;
  readonly route: 'auto' | Route;
  readonly extras: GraphMessageExtras | undefined;
}

/** What `sendMail()` resolves with. */
export interface GraphSentMessageInfo {
  /** Who the message was sent for and to. */
  envelope: { from: string | false; to: string[] };
  /** The Message-ID the recipients see. */
  messageId: string;
  /** Recipients Graph took for delivery. Not delivered yet: bounces come to the mailbox. */
  accepted: string[];
  /** Always empty: Graph takes all recipients or none. */
  rejected: string[];
  /** Graph's answer, such as `202 Accepted`. */
  response: string;
  /** The mailbox that sent. */
  mailbox: string;
  /** How it was handed to Graph. */
  format: Format;
  /** Which way it took: one request, or a draft that was then sent. */
  route: Route;
  /** Graph's id of the last request; Microsoft support asks for it. */
  requestId: string | undefined;
  /** Requests to Graph, repeats included. */
  attempts: number;
  /** What does not arrive as written; empty if all of it does. */
  losses: Loss[];
  // Nodemailer's own result type is open, too
  [key: string]: unknown;
}

/** The path of a mailbox below `{graphEndpoint}/v1.0`. */
export function mailboxPath(mailbox: string): string {
  if (mailbox === 'me') return '/me';
  // "@" is allowed in a path and stays readable in logs
  return `/users/${/^[\w.@-]+$/.test(mailbox) ? mailbox : encodeURIComponent(mailbox).replaceAll('%40', '@')}`;
}
