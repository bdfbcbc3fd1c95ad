import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageRoutes } from '../api/message-routes.js';
import { describeApi } from '../api/openapi.js';
import { otherRoutes } from '../api/other-routes.js';
import type { ApiRoute } from '../api/call.js';
import type { Inbox } from '../inbox.js';
import { ApiRefusal, refusalAnswer, sendAnswer, type InboxAnswer } from './answer.js';
import { checkSite, checkWrite } from './check-origin.js';
import { readJsonBody } from './read-json-body.js';
import { servePage } from './serve-page.js';

/** Every route of the API. */
export const apiRoutes: readonly ApiRoute[] = [...messageRoutes, ...otherRoutes];

const API = 'api/v1/';
const MOST_TARGET = 8 * 1024;

/** Serves one request to the inbox, whose Host was checked. Never rejects. */
export async function handle(inbox: Inbox, prefix: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const answer = await answerTo(inbox, prefix, request, response);
    if (answer) sendAnswer(request, response, answer);
  } catch (error) {
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    sendAnswer(request, response, refusalAnswer(error instanceof ApiRefusal ? error : ownFault(error)));
  } finally {
    // what was not read must not hold the connection
    request.resume();
  }
}

const ownFault = (error: unknown): ApiRefusal =>
  new ApiRefusal(500, 'InboxFailure', `The inbox itself failed: ${error instanceof Error ? error.message : String(error)}`);

async function answerTo(
  inbox: Inbox,
  prefix: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<InboxAnswer | undefined> {
  const target = request.url ?? '/';
  if (target.length > MOST_TARGET) throw new ApiRefusal(414, 'TooLarge', `A target has at most ${MOST_TARGET} characters.`);
  const queryAt = target.indexOf('?');
  const path = queryAt < 0 ? target : target.slice(0, queryAt);
  if (!path.startsWith(prefix)) throw new ApiRefusal(404, 'NotFound', 'There is nothing here: use the whole address the sandbox printed.');
  const below = path.slice(prefix.length);
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
  if (!below.startsWith(API)) {
    checkSite(request, below === '');
    if (method !== 'GET') throw new ApiRefusal(405, 'MethodNotAllowed', 'The page is only read.');
    return servePage(below);
  }
  checkSite(request, false);
  const query = new URLSearchParams(queryAt < 0 ? '' : target.slice(queryAt + 1));
  const apiPath = below.slice(API.length);
  if (method === 'GET' && apiPath === 'openapi.json') return { status: 200, body: describeApi(apiRoutes, inbox.context.version) };
  const { route, params } = findRoute(method, apiPath);
  if (method !== 'GET') checkWrite(request);
  const body = method === 'POST' ? await readJsonBody(request) : undefined;
  return route.run({ inbox, query, params, body, request, response });
}

function findRoute(method: string, path: string): { route: ApiRoute; params: Record<string, string> } {
  const segments = path.split('/').map(decode);
  const candidates = apiRoutes.flatMap((route) => {
    const params = match(route.path.split('/'), segments);
    return params ? [{ route, params }] : [];
  });
  const found = candidates.find(({ route }) => route.method === method);
  if (found) return found;
  if (candidates.length === 0) throw new ApiRefusal(404, 'NotFound', 'The API has no such path; openapi.json lists all.');
  throw new ApiRefusal(405, 'MethodNotAllowed', `Allowed here: ${candidates.map(({ route }) => route.method).join(', ')}.`);
}

function match(parts: string[], segments: string[]): Record<string, string> | undefined {
  if (parts.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const segment = segments[index] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = segment;
    else if (part !== segment) return undefined;
  }
  return params;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new ApiRefusal(400, 'InvalidQuery', 'The path is not properly encoded.');
  }
}
