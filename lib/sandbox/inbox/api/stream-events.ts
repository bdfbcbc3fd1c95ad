import type { ApiEvent } from '../api-types.js';
import { ApiRefusal, headersFor } from '../http/answer.js';
import type { ApiCall } from './call.js';

const MOST_STREAMS = 32;
const HEARTBEAT_MS = 15_000;
/** A client that does not read is let go; it comes back and is told what it missed. */
const MOST_UNREAD = 4 * 1024 * 1024;

/** `GET events`: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export function streamEvents({ inbox, query, request, response }: ApiCall): undefined {
  if (inbox.feed.listeners >= MOST_STREAMS)
    throw new ApiRefusal(503, 'TooManyStreams', `${MOST_STREAMS} pages listen already: close some.`);
  const last = request.headers['last-event-id'] ?? query.get('last') ?? undefined;
  response.writeHead(200, headersFor({ 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' }));
  response.write('retry: 1000\n\n');
  const leave = inbox.feed.subscribe(
    {
      send(id: string, events: ApiEvent[]) {
        if (response.writableLength > MOST_UNREAD) response.destroy();
        else response.write(`id: ${id}\ndata: ${JSON.stringify(events)}\n\n`);
      },
    },
    typeof last === 'string' ? last : undefined,
  );
  const heartbeat = setInterval(() => response.write(':\n\n'), HEARTBEAT_MS).unref();
  response.once('close', () => {
    clearInterval(heartbeat);
    leave();
  });
  return undefined;
}
