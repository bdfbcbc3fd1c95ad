import type { Exchange } from '../http/exchange.js';
import { mediaType } from '../http/read-body.js';
import { badRequest, Refusal, unreadableBody } from '../refusal.js';
import { checkValue, isObject, type Json } from './check-value.js';

/** How the body is to be read; judged by the Content-Type alone. */
export function bodyFormat({ request }: Exchange): 'json' | 'mime' {
  const type = mediaType(request.headers['content-type']);
  if (type === 'text/plain') return 'mime';
  if (type === 'application/json') return 'json';
  if (type === '') throw unreadableJson();
  // CoasterKaty/PHPGraphMailer #14
  throw new Refusal(
    415,
    'RequestBodyRead',
    `A supported MIME type could not be found that matches the content type of the response. None of the supported type(s) 'Microsoft.OData.ODataMediaType' matches the content type '${request.headers['content-type']}'.`,
  );
}

/**
 * The posted JSON object.
 * @throws Refusal
 */
export function readJsonObject(exchange: Exchange): Json {
  if (exchange.body.length === 0) throw badRequest('BadRequest', 'Empty Payload. JSON content expected.');
  const value = parseStrictly(exchange.body);
  if (!isObject(value)) throw unreadableJson();
  // the record keeps this object and not one of its own: attachments are large
  exchange.record.body = value;
  return value;
}

function parseStrictly(body: Buffer): unknown {
  try {
    // fatal: JSON.parse alone would take U+FFFD for every broken byte
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw unreadableJson();
  }
}

const unreadableJson = (): Refusal =>
  badRequest(
    'BadRequest',
    'Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.',
  );

/** A parameter of an action and its type in the metadata. */
export interface ActionParameter {
  type: string;
  nullable?: boolean;
}

/**
 * Reads the parameters of an OData action. Their names are matched without regard to case:
 * the metadata says `Message`, the documentation `message`.
 * @throws Refusal
 */
export function readParameters<Name extends string>(
  body: Json,
  action: string,
  parameters: Record<Name, ActionParameter>,
): Record<Name, unknown> {
  const names = Object.keys(parameters) as Name[];
  const read = {} as Record<Name, unknown>;
  for (const [key, value] of Object.entries(body)) {
    if (key.includes('@')) continue;
    const name = names.find((candidate) => candidate.toLowerCase() === key.toLowerCase());
    if (name === undefined) {
      throw unreadableBody(`The parameter '${key}' in the request payload is not a valid parameter for the operation '${action}'.`);
    }
    read[name] = checkValue(value, parameters[name].type, key);
  }
  const missing = names.filter((name) => !parameters[name].nullable && (read[name] === undefined || read[name] === null));
  if (missing.length > 0) {
    throw unreadableBody(
      `One or more parameters of the operation '${action}' are missing from the request payload. The missing parameters are: ${missing.join(', ')}.`,
    );
  }
  return read;
}
