import { configError, show } from '../errors/config-error.js';

const QUOTED = /^(["'`“‘]).*(["'`”’])$/s;
const BRACES = /^[{(<[].*[})>\]]$/s;
/** Zero-width and other characters that nobody sees and that come along when copying. */
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/;

/**
 * Reads the tenant: an id or a domain.
 *
 * @throws {GraphTransportError} `ECONFIG` that says what stands there instead
 */
export function readTenantId(value: unknown): string {
  const text = readId(value, 'tenantId', 'the Directory (tenant) ID');
  if (/^(common|organizations|consumers)$/i.test(text)) {
    throw configError(`"tenantId" is '${text}', which is no tenant; an app signs in to one tenant: give its Directory (tenant) ID`);
  }
  if (/^[\w.-]+$/.test(text)) return text;
  // a "~" stands in every client secret: somebody has mixed the two up
  throw configError(`"tenantId" must be a tenant id or a domain such as contoso.com${text.includes('~') ? '' : `, not ${show(text)}`}`);
}

/** @throws {GraphTransportError} `ECONFIG` */
export function readClientId(value: unknown, tenantId: string): string {
  const text = readId(value, 'clientId', 'the Application (client) ID');
  if (text.toLowerCase() === tenantId.toLowerCase()) {
    throw configError('"clientId" and "tenantId" are the same; give the Application (client) ID and the Directory (tenant) ID');
  }
  return text;
}

function readId(value: unknown, name: string, what: string): string {
  const text = readText(value, name, what);
  const wrong = QUOTED.test(text)
    ? 'is in quotes'
    : BRACES.test(text)
      ? 'is in braces'
      : INVISIBLE.test(text)
        ? 'has an invisible character in it'
        : /\s/.test(text)
          ? 'has a blank in it'
          : undefined;
  if (wrong) throw configError(`"${name}" ${wrong}; give ${what} alone`);
  return text;
}

/**
 * Reads the client secret. What Entra makes has letters, digits and `~._-` only.
 *
 * @throws {GraphTransportError} `ECONFIG`; never shows the secret
 */
export function readClientSecret(value: unknown): string {
  const what = "the client secret's Value";
  const text = readText(value, 'clientSecret', what, true);
  const wrong = QUOTED.test(text)
    ? 'is in quotes, which do not belong to it'
    : INVISIBLE.test(text)
      ? 'has an invisible character in it; copy it again'
      : /\s/.test(text)
        ? 'has a blank in it; copy it again'
        : text.includes('#')
          ? 'has a "#" in it, which no secret of Entra has: is a comment part of it?'
          : undefined;
  if (wrong) throw configError(`"clientSecret" ${wrong}`);
  if (/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text)) {
    throw configError(
      '"clientSecret" looks like a Secret ID; give the secret\'s Value, which the portal shows once: make a new one under "Certificates & secrets" if it is lost',
    );
  }
  return text;
}

function readText(value: unknown, name: string, what: string, secret = false): string {
  if (value === undefined || (typeof value === 'string' && value.trim() === '')) throw configError(`"${name}" is missing: ${what}`);
  if (typeof value === 'string' && !/[\r\n]/.test(value.trim())) return trim(value);
  throw configError(`"${name}" must be a string: ${what}${secret ? '' : `, not ${show(value)}`}`);
}

/** As `trim()`, but a byte order mark, which that takes for a blank, is told. */
function trim(text: string): string {
  return text.replaceAll(/^[ \t\r\n\u00a0]+|[ \t\r\n\u00a0]+$/g, '');
}
