import type { IncomingHttpHeaders } from 'node:http';

const REDACTED = '[redacted]';
const secretHeaders = new Set(['authorization', 'cookie', 'proxy-authorization']);
const secretParameters = new Set([
  'client_secret',
  'client_assertion',
  'assertion',
  'refresh_token',
  'password',
  'code',
  'code_verifier',
  'device_code',
  'access_token',
  'authtoken',
]);

/** Headers for the record, several lines of one name joined. */
export function redactHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]): [string, string] => {
    const text = Array.isArray(value) ? value.join(', ') : (value ?? '');
    return [name, secretHeaders.has(name) ? REDACTED : text];
  });
  return Object.fromEntries(entries);
}

/** Replaces the token in the query of an upload URL. */
export function redactPath(path: string): string {
  return path.replace(/([?&])([^=&]+)=[^&]*/g, (pair, separator: string, name: string) =>
    secretParameters.has(name.toLowerCase()) ? `${separator}${name}=${REDACTED}` : pair,
  );
}

/** A posted form for the record. */
export function redactForm(form: URLSearchParams): Record<string, string> {
  const entries = [...form].map(([name, value]): [string, string] => [name, secretParameters.has(name) ? REDACTED : value]);
  return Object.fromEntries(entries);
}
