import type { Cancellation } from '../base/cancellation.js';
import type { TracedMessage } from '../base/traced.js';
import type { CloudHosts } from '../graph/clouds.js';
import type { GraphConnection } from '../graph/connection.js';
import type { Logger } from '../base/logger.js';
import type { RequestOrigin } from '../graph/trace-request.js';
import { sizeOf, type PreparedMessage } from '../prepared/prepared-message.js';
import type { SignIn } from '../sign-in/sign-in.js';
import type { Turn } from './turn.js';
import { planHeader } from './plan-header.js';

/** What delivery needs to know of the transport's options. */
export interface DeliverySettings {
  readonly hosts: CloudHosts;
  readonly signIn: SignIn;
  readonly retries: number;
  readonly maxRetryDelay: number;
  readonly requestTimeout: number;
}

/** What a message is delivered with. */
export interface DeliveryContext extends Omit<GraphConnection, 'load'> {
  readonly settings: DeliverySettings;
  readonly logger: Pick<Logger, 'debug'>;
  readonly signal: Cancellation;
  readonly turn: Turn;
  readonly onProgress: (progress: UploadProgress) => void;
  readonly sleep: (ms: number, signal: Cancellation) => Promise<void>;
  /** What telemetry is told of the message; `undefined` where nobody listens. */
  readonly event?: TracedMessage | undefined;
}

/** Where whoever keeps a record of the message may step in. What a hook throws ends the delivery as it is. */
export interface DeliveryHooks {
  /** Before every request, repeats and looks included. */
  beforeRequest?: (() => void) | undefined;
  /** When there is a draft, before anything is added to it. */
  onDraft?: ((draftId: string) => void | Promise<void>) | undefined;
  /**
   * Before the request that sends (`POST /sendMail`, or `POST /send` of the draft), and again before a draft is sent once more after
   * a look at it. If it rejects, that request is not made.
   */
  beforeSend?: ((send: { draftId: string | undefined }) => void | Promise<void>) | undefined;
  /**
   * Whether the draft of a message that certainly was not sent may be deleted. `sendTried`: whether `beforeSend` had let it go.
   *
   * @default always
   */
  mayDiscard?: ((draft: { draftId: string; sendTried: boolean }) => boolean | Promise<boolean>) | undefined;
}

/** What a request is made with, whether it belongs to a message or to none. */
export interface RequestContext extends Omit<DeliveryContext, 'http' | 'onProgress'> {
  /** Whose mailbox it is about; `undefined` for the tenant. */
  readonly mailbox: string | undefined;
  /** Empty for none. */
  readonly messageId: string;
  readonly hooks: Pick<DeliveryHooks, 'beforeRequest'>;
  /** Requests to Graph so far. */
  attempts: number;
  /** For a Graph on this machine: what was planned. */
  readonly describePlan?: (() => string) | undefined;
}

/** One message on its way: what every step of it needs. */
export interface Delivery extends DeliveryContext, RequestContext {
  readonly message: PreparedMessage;
  readonly mailbox: string;
  readonly hooks: DeliveryHooks;
  readonly describePlan: () => string;
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

/** Begins a delivery whose steps the caller takes one by one; `deliver()` takes them all. */
export function openDelivery(message: PreparedMessage, context: DeliveryContext, hooks: DeliveryHooks = {}): Delivery {
  const { mailbox, messageId } = message;
  // field by field: this is made for every message
  const { settings, graph, tokens, trace, http, logger, signal, turn, onProgress, sleep, event } = context;
  if (event) describe(event, message);
  let described: string | undefined;
  const describePlan = (): string => (described ??= planHeader(message));
  return {
    settings,
    graph,
    tokens,
    trace,
    http,
    logger,
    signal,
    turn,
    onProgress,
    sleep,
    event,
    message,
    mailbox,
    messageId,
    hooks,
    attempts: 0,
    describePlan,
  };
}

/** For which message a request is made; `undefined` where nobody listens. */
export function originOf({ event }: Pick<RequestContext, 'event'>, resend: number): RequestOrigin | undefined {
  return event && { message: event, resend };
}

function describe(event: TracedMessage, message: PreparedMessage): void {
  const { mailbox, messageId, format, route, envelope, losses } = message;
  const features = [...new Set(losses.map(({ feature }) => feature))];
  Object.assign(event, { mailbox, messageId, format, route, recipients: envelope.to.length, size: sizeOf(message), losses: features });
}
