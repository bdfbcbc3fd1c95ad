import type { Attributes } from '@opentelemetry/api';
import type { TracedMessage, TracedRequest, TracedSignIn } from '../base/traced.js';
import { isGraphTransportError } from '../errors/graph-transport-error.js';

/** What spans and metrics say of where a message comes from, in the words of OpenTelemetry's messaging conventions. */
export function operationAttributes({ mailbox, by }: TracedMessage, showMailbox: boolean): Attributes {
  return {
    'messaging.system': 'microsoft_graph',
    'messaging.operation.name': 'sendMail',
    'messaging.operation.type': 'send',
    'nodemailer.graph.by': by,
    ...(showMailbox && mailbox !== undefined && { 'messaging.destination.name': mailbox }),
  };
}

/** How it ended, for metrics: few values each. */
export function resultAttributes({ format, route, outcome, error }: TracedMessage): Attributes {
  return {
    ...(format && { 'nodemailer.graph.format': format }),
    ...(route && { 'nodemailer.graph.route': route }),
    ...(outcome && { 'nodemailer.graph.outcome': outcome }),
    ...(error !== undefined && { 'error.type': errorType(error) }),
  };
}

/** What a message's span says besides. */
export function messageAttributes(message: TracedMessage): Attributes {
  const { messageId, recipients, size, losses, queueTime, attempts, throttled, requestId, error } = message;
  const { graphCode, httpStatus } = isGraphTransportError(error) ? error : {};
  return {
    ...resultAttributes(message),
    ...(messageId !== undefined && { 'messaging.message.id': messageId }),
    ...(size !== undefined && { 'messaging.message.envelope.size': size }),
    ...(recipients !== undefined && { 'nodemailer.graph.recipients': recipients }),
    ...(losses.length > 0 && { 'nodemailer.graph.losses': [...losses] }),
    ...(queueTime !== undefined && { 'nodemailer.graph.queue.duration': queueTime / 1000 }),
    ...(requestId !== undefined && { 'nodemailer.graph.request_id': requestId }),
    // one word, whoever answered
    ...(graphCode !== undefined && /^[\w.-]{1,100}$/.test(graphCode) && { 'nodemailer.graph.error_code': graphCode }),
    ...(httpStatus !== undefined && { 'nodemailer.graph.http_status': httpStatus }),
    'nodemailer.graph.attempts': attempts,
    'nodemailer.graph.throttled': throttled,
  };
}

/** What spans and metrics say of a request, in the words of OpenTelemetry's HTTP conventions. */
export function requestAttributes({ method, origin, path }: TracedRequest): Attributes {
  const { hostname, port, protocol } = new URL(origin);
  return {
    'http.request.method': method,
    'server.address': hostname,
    'server.port': Number(port || (protocol === 'https:' ? 443 : 80)),
    'url.template': path,
  };
}

/** How it ended. */
export function answerAttributes({ status, failure }: TracedRequest): Attributes {
  const type = failure ?? (status !== undefined && status >= 400 ? String(status) : undefined);
  return {
    ...(status !== undefined && { 'http.response.status_code': status }),
    ...(type !== undefined && { 'error.type': type }),
  };
}

/** What a request's span says besides. */
export function requestDetails({ origin, path, size, resend, clientRequestId, requestId, retryAfter }: TracedRequest): Attributes {
  return {
    'url.full': `${origin}${path}`,
    'http.request.body.size': size,
    ...(resend > 0 && { 'http.request.resend_count': resend }),
    ...(clientRequestId !== undefined && { 'nodemailer.graph.client_request_id': clientRequestId }),
    ...(requestId !== undefined && { 'nodemailer.graph.request_id': requestId }),
    ...(retryAfter !== undefined && { 'http.response.header.retry-after': [retryAfter] }),
  };
}

/** What spans and metrics say of a token that was fetched. */
export function signInAttributes({ needed, failure }: TracedSignIn): Attributes {
  return { 'nodemailer.graph.sign_in.needed': needed, ...(failure !== undefined && { 'error.type': failure }) };
}

/** The code, and not the text, which may name a recipient. */
export function errorType(error: unknown): string {
  return isGraphTransportError(error) ? error.code : 'unknown';
}
