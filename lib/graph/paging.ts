import { GraphTransportError } from '../errors/graph-transport-error.js';

/**
 * The path, query included, of a link to the next page or the next changes; `undefined` where there is none.
 *
 * @throws {GraphTransportError} `EGRAPH` for a link that leads elsewhere, where no token may go
 */
export function pathOfLink(link: unknown, graphEndpoint: string): string | undefined {
  if (link === undefined || link === null) return undefined;
  const url = typeof link === 'string' && URL.canParse(link) ? new URL(link) : undefined;
  const version = '/v1.0/';
  if (url?.origin === new URL(graphEndpoint).origin && url.pathname.startsWith(version))
    return url.pathname.slice(version.length - 1) + url.search;
  throw new GraphTransportError('EGRAPH', `Graph gave a link that does not lead to ${graphEndpoint}${version}; it was not followed`);
}

/** The entries of an answer with a list; `undefined` where it is none. */
export function listOf(body: unknown): Record<string, unknown>[] | undefined {
  const value = (body as { value?: unknown } | null | undefined)?.value;
  if (!Array.isArray(value)) return undefined;
  return (value as unknown[]).filter((entry): entry is Record<string, unknown> => typeof entry === 'object' && entry !== null);
}
