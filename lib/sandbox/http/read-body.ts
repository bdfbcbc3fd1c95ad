import type { Exchange } from './exchange.js';
import { redactForm } from './redact.js';

/** Microsoft Graph's cap on a request: 4 MB, which reports place at 4 MiB (msgraph-sdk-java PR 52). */
export const MAX_REQUEST = 4 * 1024 * 1024;

/**
 * Reads the body into the exchange. What exceeds the cap is counted and thrown away:
 * a client that still writes must not hang or be cut before it can read the 413.
 * @returns false where the client went away
 */
export async function readBody(exchange: Exchange): Promise<boolean> {
  const { request, record } = exchange;
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      record.bytes += chunk.length;
      if (record.bytes <= MAX_REQUEST) chunks.push(chunk);
    }
  } catch {
    return false;
  }
  exchange.tooLarge = record.bytes > MAX_REQUEST;
  if (!exchange.tooLarge) exchange.body = Buffer.concat(chunks);
  record.body = describeBody(exchange);
  return true;
}

function describeBody({ request, body }: Exchange): unknown {
  const type = mediaType(request.headers['content-type']);
  if (type === 'application/x-www-form-urlencoded') return redactForm(new URLSearchParams(body.toString()));
  if (type !== 'application/json' || body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/** The media type without its parameters, lower case; '' where there is none. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
