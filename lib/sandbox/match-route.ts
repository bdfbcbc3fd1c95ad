import { badRequest, Refusal } from './refusal.js';
import { routes, type Route } from './routes.js';

/** What a path means. */
export interface RouteMatch {
  route: Route | undefined;
  /** Id or name of the user in the path, decoded; undefined for `/me`. */
  user: string | undefined;
  params: Record<string, string>;
  /** Why there is no route. */
  refusal: Refusal | undefined;
}

/** Finds the route; the fixed parts of a path are matched without regard to case, as at Graph. */
export function matchRoute(method: string, path: string): RouteMatch {
  const none = { route: undefined, user: undefined, params: {} };
  const segments = decodeSegments(path);
  if (!segments) return { ...none, refusal: badRequest('BadRequest', 'Bad Request - Invalid URL') };
  const [version = '', root = '', ...rest] = segments;
  if (version.toLowerCase() !== 'v1.0') return { ...none, refusal: badRequest('BadRequest', 'Invalid version.') };
  const isMe = root.toLowerCase() === 'me';
  const ofMailbox = isMe || root.toLowerCase() === 'users';
  const user = ofMailbox && !isMe ? rest[0] : undefined;
  const below = isMe ? rest : ofMailbox ? rest.slice(1) : [root, ...rest];
  const candidates = routes.flatMap((route) => {
    const params = 'runForTenant' in route === ofMailbox ? undefined : matchPath(route.path, below);
    return params ? [{ route, params }] : [];
  });
  const match = candidates.find(({ route }) => route.method === method);
  if (match) return { ...match, user, refusal: undefined };
  if (candidates.length === 0) return { ...none, user, refusal: unknownSegment((ofMailbox ? below.at(-1) : root) ?? '') };
  return { ...none, user, refusal: new Refusal(405, 'Request_BadRequest', 'Specified HTTP method is not allowed for the request target.') };
}

const unknownSegment = (segment: string): Refusal => badRequest('BadRequest', `Resource not found for the segment '${segment}'.`);

function decodeSegments(path: string): string[] | undefined {
  try {
    return path.split('/').slice(1).map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function matchPath(pattern: string, segments: string[]): Record<string, string> | undefined {
  const parts = pattern.split('/').slice(1);
  if (parts.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const segment = segments[index] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = segment;
    else if (part.toLowerCase() !== segment.toLowerCase()) return undefined;
  }
  return params;
}
