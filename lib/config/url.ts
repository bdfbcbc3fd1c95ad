import { configError } from '../errors/config-error.js';
import { parseText } from './text.js';

/** What a URL may set besides sign-in and mailbox. */
const PARAMETERS: Readonly<Record<string, 'string' | 'number' | 'boolean'>> = {
  saveToSentItems: 'boolean',
  format: 'string',
  route: 'string',
  onLoss: 'string',
  tenantFacts: 'string',
  cloud: 'string',
  graphEndpoint: 'string',
  authorityHost: 'string',
  proxy: 'string',
  secretExpires: 'string',
  maxConnections: 'number',
  rateLimit: 'number',
  rateDelta: 'number',
  ratePer: 'string',
  maxRecipients: 'number',
  retries: 'number',
  maxRetryDelay: 'number',
  connectionTimeout: 'number',
  socketTimeout: 'number',
  requestTimeout: 'number',
  logger: 'boolean',
  component: 'string',
};

const EXPECTED = 'expected msgraph://CLIENT_ID:SECRET@TENANT_ID/noreply@contoso.com?option=value, with the secret percent-encoded';

/**
 * Reads `msgraph://CLIENT_ID:SECRET@TENANT_ID/noreply@contoso.com?saveToSentItems=false`, or `msgraph://login/me@outlook.com` for a person
 * who has run `login`.
 *
 * @throws {GraphTransportError} `ECONFIG`; never shows the URL, since it holds the secret
 */
export function optionsFromUrl(text: string): Record<string, unknown> {
  if (!isGraphUrl(text)) throw configError(`not a msgraph: URL; ${EXPECTED}`);
  // a person's sign-in has no secret in it
  const login = /^msgraph:\/\/login\/([^?#/]+)(?:\?([^#]*))?$/i.exec(text.trim());
  if (login)
    return withParameters({ login: decode(login[1] ?? '', 'account', MAILBOX) }, login[2] ?? '', { ...PARAMETERS, mailbox: 'string' });
  // read by hand: a WHATWG URL lower-cases or refuses what is valid here, and takes a raw "/" or "#" in the secret for something else
  const parts = /^msgraph:\/\/([^:@/?#]*):([^@/?#]*)@([^@/?#]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/i.exec(text.trim());
  if (!parts) throw configError(`the msgraph: URL cannot be read; ${EXPECTED}`);
  const [clientId = '', clientSecret = '', tenantId = '', mailbox = '', query = ''] = parts.slice(1);
  const options: Record<string, unknown> = {
    tenantId: decode(tenantId, 'tenant', TENANT),
    clientId: decode(clientId, 'client id'),
    clientSecret: decode(clientSecret, 'secret'),
    ...(mailbox !== '' && { mailbox: decode(mailbox, 'mailbox', MAILBOX) }),
  };
  return withParameters(options, query);
}

function withParameters(options: Record<string, unknown>, query: string, known = PARAMETERS): Record<string, unknown> {
  for (const [name, value] of new URLSearchParams(query)) {
    const type = Object.hasOwn(known, name) ? known[name] : undefined;
    if (type === undefined)
      throw configError(`the msgraph: URL has an unknown parameter${suggestion(name)}; known are ${Object.keys(known).join(', ')}`);
    // the one number that has a name, too
    options[name] = name === 'rateLimit' && value === 'exchange' ? value : parseText(value, type, name);
  }
  return options;
}

/** Whether a connection URL is one for this transport. */
export function isGraphUrl(text: string): boolean {
  return /^msgraph:/i.test(text.trim());
}

// An unencoded "@" or "/" in the secret moves its rest into the tenant, the mailbox or the query. That is noticed here, where
// nothing is shown: an error further on would show the value.
const TENANT = /^([0-9a-f-]{36}|[\w-]+(\.[\w-]+)+)$/i;
const MAILBOX = /^([^\s@/\\]+@[^\s@/\\]+|[0-9a-f-]{36}|me)$/i;

function decode(text: string, what: string, form = /^/): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw configError(`the ${what} in the msgraph: URL is not percent-encoded correctly; ${EXPECTED}`);
  }
  if (!form.test(decoded)) throw configError(`the msgraph: URL has no valid ${what} where one belongs; ${EXPECTED}`);
  return decoded;
}

function suggestion(name: string): string {
  const known = Object.keys(PARAMETERS).find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  return known ? ` (did you mean "${known}"?)` : '';
}
