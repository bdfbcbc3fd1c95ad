import { isError } from './is-error.js';

/**
 * A copy of a foreign error that is safe to hand out as `cause`: name, message, code and stack only.
 * The originals of HTTP and sign-in libraries hold the whole request, with secrets and tokens in it.
 *
 * @param secrets strings that must not appear, such as the client secret
 */
export function safeCause(error: unknown, secrets: readonly string[] = []): Error {
  const source = isError(error) ? error : new Error(describe(error));
  const copy = new Error(redact(source.message, secrets));
  copy.name = source.name;
  if (source.stack) copy.stack = redact(source.stack, secrets);
  const code = (source as { code?: unknown }).code;
  if (typeof code === 'string') Object.assign(copy, { code });
  return copy;
}

/** Replaces secrets and anything that looks like a bearer token by `[redacted]`. */
export function redact(text: string, secrets: readonly string[] = []): string {
  let result = text;
  for (const secret of secrets) {
    for (const spelling of secret === '' ? [] : [secret, encodeURIComponent(secret), formEncoded(secret)]) {
      result = result.replaceAll(spelling, '[redacted]');
    }
  }
  return result.replace(/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, '[redacted]');
}

/** Forms escape more than URLs: `~`, which Microsoft puts into every client secret, for one. */
function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

function describe(value: unknown): string {
  return typeof value === 'string' ? value : `a ${value === null ? 'null' : typeof value} was thrown`;
}
