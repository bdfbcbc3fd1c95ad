import type { IncomingMessage } from 'node:http';
import { ApiRefusal } from './answer.js';

const MOST_BYTES = 64 * 1024;

/**
 * The posted JSON; undefined where there is none.
 * @throws ApiRefusal
 */
export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new ApiRefusal(413, 'TooLarge', `A body has at most ${MOST_BYTES} bytes here.`);
    chunks.push(chunk);
  }
  if (bytes === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new ApiRefusal(400, 'InvalidBody', 'The body is no JSON.');
  }
}
