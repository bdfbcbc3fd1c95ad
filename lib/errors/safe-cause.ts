import { isError } from './is-error.js';
import { redact } from './redact.js';

export { redact } from './redact.js';

/**
 * A copy of a foreign error that is safe to hand out as `cause`: name, message, code and stack only.
 * The originals of HTTP and sign-in libraries hold the whole request, with secrets and tokens in it.
 *
 * @param secrets strings that must not appear, such as the client secret
 */
export function safeCause(error: unknown, secrets: readonly string[] = []): Error {
  const source = isError(error) ? error : new Error(describe(error));
  const copy = new Error(redact(textOf(source.message), secrets).slice(0, LONGEST));
  copy.name = textOf(source.name);
  if (source.stack) copy.stack = redact(textOf(source.stack), secrets).slice(0, LONGEST);
  const code = (source as { code?: unknown }).code;
  if (typeof code === 'string') Object.assign(copy, { code: redact(code, secrets).slice(0, 100) });
  return copy;
}

/** Nobody reads more of somebody else's error. */
const LONGEST = 10_000;

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function describe(value: unknown): string {
  return typeof value === 'string' ? value : `a ${value === null ? 'null' : typeof value} was thrown`;
}
