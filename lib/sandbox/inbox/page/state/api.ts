import type { ApiError } from '../../api-types.js';
import { TOTAL_BYTES_HEADER, WRITE_HEADER } from '../../api-types.js';

/** What the API answered instead of what was asked for; status 0 where nobody answered. */
export class ApiFailure extends Error {
  override name = 'ApiFailure';

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export type Parameters = Record<string, string | number | undefined>;

/** Address below the API, relative to the page: any base path works. */
export function apiUrl(path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined && value !== '') query.set(name, String(value));
  const text = query.toString();
  return `./api/v1/${path}${text ? `?${text}` : ''}`;
}

/** Of a message. */
export const messagePath = (id: string, below?: string): string => `messages/${encodeURIComponent(id)}${below ? `/${below}` : ''}`;

export async function getJson<T>(path: string, parameters?: Parameters): Promise<T> {
  const response = await request(apiUrl(path, parameters));
  return (await response.json()) as T;
}

/** A text and how many bytes it has altogether: the API cuts at `limit`. */
export async function getText(path: string, parameters?: Parameters): Promise<{ text: string; total: number }> {
  const response = await request(apiUrl(path, parameters));
  const text = await response.text();
  return { text, total: Number(response.headers.get(TOTAL_BYTES_HEADER) ?? text.length) };
}

export async function write<T>(method: 'POST' | 'DELETE', path: string, body?: unknown, parameters?: Parameters): Promise<T> {
  const response = await request(apiUrl(path, parameters), {
    method,
    headers: { [WRITE_HEADER]: '1', ...(body !== undefined && { 'Content-Type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

async function request(url: string, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch {
    throw new ApiFailure(0, 'Unreachable', 'The sandbox does not answer; it may have been stopped.');
  }
  if (response.ok) return response;
  const said = (await response.json().catch(() => undefined)) as ApiError | undefined;
  throw new ApiFailure(
    response.status,
    said?.error.code ?? 'Unknown',
    said?.error.message ?? `The sandbox answered with ${response.status}.`,
  );
}
