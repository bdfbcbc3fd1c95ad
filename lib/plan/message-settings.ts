import { readDate } from '../base/read-date.js';
import { isDelegated, readMailbox } from '../config/mailbox.js';
import { readExtras, type GraphMessageExtras } from '../encode/graph-message.js';
import { show } from '../errors/config-error.js';
import { GraphTransportError } from '../errors/graph-transport-error.js';
import { unreadable } from '../errors/unreadable.js';
import { settleHeaders } from '../message/settle-headers.js';
import type { NodemailerMail } from '../message/nodemailer.js';
import { isDeferred } from './deferred.js';
import type { FormatOption, MessageSettings, PlanSettings, RouteOption } from './plan-settings.js';

/** The `graph` property of a message: overrides for this one message. */
export interface GraphMessageOptions {
  /** Whose mailbox sends this message. @default the transport's `mailbox`, else the From address */
  mailbox?: string | undefined;
  /** Whether a copy is kept in Sent Items. @default the transport's */
  saveToSentItems?: boolean | undefined;
  /** How this message is handed to Graph. @default the transport's */
  format?: FormatOption | undefined;
  /** Which way this message takes. @default the transport's */
  route?: RouteOption | undefined;
  /** Further properties of the Graph message, such as `categories`; JSON only, so a message that goes as MIME has the loss `graph.message`. */
  message?: GraphMessageExtras | undefined;
  /**
   * When Exchange sends it: a date, an ISO text or milliseconds since the epoch, within a year; the past is now. Graph takes the message
   * at once, and it waits in the mailbox. JSON only: what only MIME carries is lost, and a signed message is refused.
   * @default now
   */
  sendAt?: Date | string | number | undefined;
}

const NAMES = ['mailbox', 'saveToSentItems', 'format', 'route', 'message', 'sendAt'];
/** 366 days: a year is far enough ahead for a mail, and a wrong unit is found out. */
const FAR = 366 * 24 * 60 * 60_000;

/**
 * Reads `data.graph` over the transport's settings.
 *
 * @throws {GraphTransportError} `EMESSAGE` or `EENVELOPE` that names the property
 */
export function readMessageSettings(mail: NodemailerMail, settings: PlanSettings): MessageSettings {
  try {
    return read(mail, settings);
  } catch (error) {
    throw unreadable(error);
  }
}

function read(mail: NodemailerMail, settings: PlanSettings): MessageSettings {
  // own properties only: what a polluted prototype brings along is nobody's wish
  const given = Object.hasOwn(mail.data, 'graph') ? (mail.data['graph'] ?? {}) : {};
  if (typeof given !== 'object' || Array.isArray(given))
    throw refusal(`graph must be an object, not ${Array.isArray(given) ? 'an array' : typeof given}`);
  const graph = Object.assign(Object.create(null), given) as Record<string, unknown>;
  const unknown = Object.keys(graph).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw refusal(`graph.${unknown} is not known; expected ${NAMES.join(', ')}`);
  const extras = readExtras(graph['message']);
  const sendAt = readSendAt(graph['sendAt']);
  if (sendAt && isDeferred({ extras, sendAt: undefined })) {
    throw refusal('graph.sendAt and the property SystemTime 0x3FEF of graph.message say the same; give one of them');
  }
  return {
    mailbox: readMailboxOf(mail, graph['mailbox'] ?? settings.mailbox, settings),
    saveToSentItems: choose(graph, 'saveToSentItems', [true, false], settings.saveToSentItems),
    format: choose(graph, 'format', ['auto', 'json', 'mime'], settings.format),
    route: choose(graph, 'route', ['auto', 'sendMail', 'draft'], settings.route),
    extras,
    sendAt,
  };
}

function readSendAt(value: unknown): Date | undefined {
  if (value === undefined) return undefined;
  const date = typeof value === 'number' ? new Date(value) : readDate(value);
  const at = date?.getTime() ?? Number.NaN;
  if (!date || Number.isNaN(at)) {
    const came = value instanceof Date ? 'an invalid date' : show(value);
    throw refusal(`graph.sendAt must be a date, an ISO text or milliseconds since the epoch, not ${came}`);
  }
  if (Math.abs(at - Date.now()) > FAR) throw refusal(`graph.sendAt must be within a year, not ${date.toISOString()}`);
  return date;
}

function readMailboxOf({ message, data }: NodemailerMail, given: unknown, { signIn }: PlanSettings): string {
  if (given === 'me' && !isDelegated(signIn.kind)) {
    throw new GraphTransportError('EENVELOPE', "graph.mailbox: 'me' is the signed-in user's, but an app signs in here; nothing was sent", {
      permanent: true,
      hint: 'Name the mailbox, or give graphTransport() a login, refreshToken or credential of a signed-in user.',
    });
  }
  if (given !== undefined) return readMailbox(given, 'graph.mailbox', 'EENVELOPE');
  // as the header will have it
  settleHeaders(message, data['envelope']);
  const from = message.getAddresses()['from']?.[0]?.address ?? message.getEnvelope().from;
  if (from) return readMailbox(from, 'from', 'EENVELOPE');
  throw new GraphTransportError('EENVELOPE', 'the message has no From address and no mailbox is set; nothing was sent', {
    permanent: true,
    hint: 'Set mailbox in graphTransport(), or from in the message.',
  });
}

function choose<T extends string | boolean>(graph: Record<string, unknown>, name: string, values: readonly T[], byDefault: T): T {
  const value = graph[name];
  if (value === undefined) return byDefault;
  if (values.includes(value as T)) return value as T;
  const expected = values.map((item) => (typeof item === 'string' ? `'${item}'` : String(item))).join(', ');
  throw refusal(`graph.${name} must be one of ${expected}, not ${show(value)}`);
}

function refusal(message: string): GraphTransportError {
  return new GraphTransportError('EMESSAGE', `${message}; nothing was sent`, { permanent: true });
}
