import type { TokenCredential } from '../sign-in/token-credential.js';
import { configError, show } from '../errors/config-error.js';
import { readProxyRules } from '../graph/proxy.js';
import { CLOUDS, isKnownToMsal, isLoopback, type Cloud, type CloudHosts } from '../graph/clouds.js';
import type { SignIn } from '../sign-in/sign-in.js';
import { readLogin, readRefreshToken, readScope } from './read-person.js';
import type { CommonOptions, GraphTransportOptions, Settings } from '../options.js';
import { environmentNames, optionsFromEnvironment, overEnvironment, type EnvironmentOptions } from './environment.js';
import { isDelegated, readMailbox } from './mailbox.js';
import { readClientId, readClientSecret, readTenantId } from './read-app.js';
import { readCa } from './read-ca.js';
import { readCertificate } from './read-certificate.js';
import { readTenantFacts } from './read-tenant-facts.js';
import { whereItWent } from './unknown-option.js';
import { optionsFromUrl } from './url.js';

const SIGN_IN = ['tenantId', 'clientId', 'clientSecret', 'clientCertificate', 'credential', 'login', 'refreshToken'];

const KNOWN: Record<
  | keyof CommonOptions
  | 'tenantId'
  | 'clientId'
  | 'clientSecret'
  | 'clientCertificate'
  | 'credential'
  | 'login'
  | 'refreshToken'
  | 'onRefreshToken'
  | 'scope',
  true
> = {
  login: true,
  refreshToken: true,
  onRefreshToken: true,
  scope: true,
  tenantId: true,
  clientId: true,
  clientSecret: true,
  clientCertificate: true,
  credential: true,
  mailbox: true,
  saveToSentItems: true,
  format: true,
  route: true,
  onLoss: true,
  tenantFacts: true,
  cloud: true,
  graphEndpoint: true,
  authorityHost: true,
  maxConnections: true,
  rateLimit: true,
  rateDelta: true,
  ratePer: true,
  maxRecipients: true,
  retries: true,
  maxRetryDelay: true,
  connectionTimeout: true,
  socketTimeout: true,
  requestTimeout: true,
  proxy: true,
  secretExpires: true,
  tls: true,
  logger: true,
  component: true,
};

/**
 * Reads the options once, copies them and fills in the defaults.
 *
 * @throws {GraphTransportError} `ECONFIG` that names the option, what was expected and what came
 */
export function readOptions(
  input: GraphTransportOptions | CommonOptions | string = {},
  env: NonNullable<EnvironmentOptions['env']> = process.env,
): Settings {
  const given: unknown = typeof input === 'string' ? optionsFromUrl(input) : input;
  if (typeof given !== 'object' || given === null) throw configError(`options must be an object or a msgraph: URL, not ${show(given)}`);
  // own properties only: what a polluted prototype brings along is nobody's wish
  const options = withEnvironment(Object.assign(Object.create(null), given) as Record<string, unknown>, env);
  for (const name of Object.keys(options)) {
    if (options[name] !== undefined && !Object.hasOwn(KNOWN, name))
      throw configError(`unknown option "${name}"${whereItWent(name, Object.keys(KNOWN))}`);
  }
  const hosts = readHosts(options);
  const signIn = readSignIn(options, env);
  const person = signIn.kind === 'person' || signIn.kind === 'refreshToken';
  const mailbox = options['mailbox'] === undefined ? (person ? 'me' : undefined) : readMailbox(options['mailbox'], 'mailbox', 'ECONFIG');
  if (mailbox === 'me' && !isDelegated(signIn.kind)) {
    throw configError(`"mailbox: 'me'" needs a "credential" of a signed-in user; an app has no mailbox of its own`);
  }
  return {
    signIn,
    mailbox,
    saveToSentItems: boolean(options, 'saveToSentItems', true),
    format: oneOf(options, 'format', ['auto', 'json', 'mime'], 'auto'),
    route: oneOf(options, 'route', ['auto', 'sendMail', 'draft'], 'auto'),
    onLoss: oneOf(options, 'onLoss', ['warn', 'error', 'ignore'], 'warn'),
    tenantFacts: readTenantFacts(options['tenantFacts']),
    hosts,
    wellKnownAuthority: isKnownToMsal(hosts.authorityHost),
    maxConnections: integer(options, 'maxConnections', 4, 1),
    ...readRate(options),
    maxRecipients: integer(options, 'maxRecipients', 500, 1),
    retries: integer(options, 'retries', 3, 0),
    maxRetryDelay: integer(options, 'maxRetryDelay', 120_000, 0),
    connectionTimeout: integer(options, 'connectionTimeout', 30_000, 1),
    socketTimeout: integer(options, 'socketTimeout', 120_000, 1),
    requestTimeout: integer(options, 'requestTimeout', 300_000, 1),
    ca: readCa(options['tls']),
    proxies: readProxyRules(string(options, 'proxy'), env, Object.values(hosts)),
    secretExpires: readDate(options, 'secretExpires'),
    logger: readLogger(options['logger']),
    component: string(options, 'component') ?? 'graph-transport',
  };
}

/** Messages a minute of one mailbox: https://learn.microsoft.com/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits */
const EXCHANGE_RATE = { rateLimit: 30, rateDelta: 60_000, ratePer: 'mailbox' } as const;

function readRate(options: Record<string, unknown>): Pick<Settings, 'rateLimit' | 'rateDelta' | 'ratePer'> {
  const { rateLimit } = options;
  const ratePer = oneOf(options, 'ratePer', ['transport', 'mailbox'], rateLimit === 'exchange' ? 'mailbox' : 'transport');
  const rateDelta = integer(options, 'rateDelta', 1000, 1);
  if (rateLimit === 'exchange') {
    if (options['rateDelta'] !== undefined || ratePer !== 'mailbox') {
      throw configError(
        `"rateLimit: 'exchange'" is 30 messages a minute for each mailbox; leave out "rateDelta" and "ratePer", or give a number`,
      );
    }
    return EXCHANGE_RATE;
  }
  if (rateLimit === undefined || rateLimit === false) {
    if (options['ratePer'] !== undefined) throw configError('"ratePer" goes with "rateLimit" only');
    return { rateLimit: undefined, rateDelta, ratePer };
  }
  if (typeof rateLimit === 'string')
    throw configError(`"rateLimit" must be a whole number of at least 1, or 'exchange', not ${show(rateLimit)}`);
  return { rateLimit: integer(options, 'rateLimit', 0, 1), rateDelta, ratePer };
}

/** Without any sign-in option, the environment signs in. */
function withEnvironment(options: Record<string, unknown>, env: EnvironmentOptions['env']): Record<string, unknown> {
  if (SIGN_IN.some((name) => options[name] !== undefined)) return options;
  return overEnvironment(optionsFromEnvironment({ env }), options);
}

function readSignIn(options: Record<string, unknown>, env: NonNullable<EnvironmentOptions['env']>): SignIn {
  const { credential, clientCertificate, login, refreshToken } = options;
  // an app that got a refresh token may have a secret beside it
  const ways = [...(refreshToken === undefined ? ['clientSecret'] : []), 'clientCertificate', 'credential', 'login', 'refreshToken'];
  const given = ways.filter((name) => options[name] !== undefined);
  if (given.length > 1) throw configError(`give only one of ${given.map((name) => `"${name}"`).join(' and ')}`);
  if (given.length === 0) {
    throw configError(
      `one of "clientSecret", "clientCertificate" or "credential" is missing (or "login" or "refreshToken" of a person), and the environment does not have ${environmentNames()} either`,
    );
  }

  if (options['onRefreshToken'] !== undefined && refreshToken === undefined)
    throw configError('"onRefreshToken" goes with "refreshToken" only');
  if (options['scope'] !== undefined && refreshToken === undefined && credential === undefined) {
    throw configError('"scope" goes with "credential" or "refreshToken"; an app signs in with what was granted to it');
  }
  if (login !== undefined) return readLogin(login, options, env);
  if (refreshToken !== undefined) return readRefreshToken(options);
  if (credential !== undefined) {
    for (const name of ['tenantId', 'clientId']) {
      if (options[name] !== undefined) throw configError(`"${name}" does not go with "credential": the credential brings its own`);
    }
    const { getToken } = (typeof credential === 'object' && credential !== null ? credential : {}) as { getToken?: unknown };
    if (typeof getToken !== 'function') {
      throw configError(`"credential" must be a TokenCredential with a getToken() method, not ${show(credential)}`);
    }
    return { kind: 'credential', credential: credential as TokenCredential, scopes: readScope(options['scope']) };
  }

  const tenantId = readTenantId(options['tenantId']);
  const clientId = readClientId(options['clientId'], tenantId);
  if (clientCertificate === undefined)
    return { kind: 'secret', tenantId, clientId, clientSecret: readClientSecret(options['clientSecret']) };
  return { kind: 'certificate', tenantId, clientId, certificate: readCertificate(clientCertificate) };
}

function readHosts(options: Record<string, unknown>): CloudHosts {
  if (options['cloud'] !== undefined && (options['graphEndpoint'] !== undefined || options['authorityHost'] !== undefined)) {
    throw configError('give either "cloud" or "graphEndpoint" and "authorityHost"');
  }
  const cloud = CLOUDS[oneOf(options, 'cloud', Object.keys(CLOUDS) as Cloud[], 'global')];
  return {
    graphEndpoint: readOrigin(options, 'graphEndpoint') ?? cloud.graphEndpoint,
    authorityHost: readOrigin(options, 'authorityHost') ?? cloud.authorityHost,
  };
}

function readOrigin(options: Record<string, unknown>, name: string): string | undefined {
  const text = string(options, name);
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const expected = `"${name}" must be the root of an https service such as ${name === 'graphEndpoint' ? CLOUDS.global.graphEndpoint : CLOUDS.global.authorityHost}`;
  if (!url || url.pathname !== '/' || url.search || url.hash || url.username || url.password)
    throw configError(url?.username || url?.password ? `${expected}, without a user and password` : `${expected}, not ${show(text)}`);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    throw configError(`${expected} (plain http only on loopback), not ${show(text)}`);
  }
  return url.origin;
}

function readDate(options: Record<string, unknown>, name: string): Date | undefined {
  const value = options[name];
  if (value === undefined) return undefined;
  const date = value instanceof Date ? value : typeof value === 'string' ? new Date(value) : undefined;
  if (date && !Number.isNaN(date.getTime())) return date;
  throw configError(`"${name}" must be a date such as '2027-01-31', not ${show(value)}`);
}

function readLogger(value: unknown): Settings['logger'] {
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean' || typeof value === 'object') return value;
  throw configError(`"logger" must be true, false or a bunyan-style logger, not ${show(value)}`);
}

function string(options: Record<string, unknown>, name: string): string | undefined {
  const value = options[name];
  if (value === undefined || (typeof value === 'string' && value !== '')) return value;
  throw configError(`"${name}" must be a non-empty string, not ${show(value)}`);
}

function boolean(options: Record<string, unknown>, name: string, byDefault: boolean): boolean {
  const value = options[name];
  if (value === undefined) return byDefault;
  if (typeof value === 'boolean') return value;
  throw configError(`"${name}" must be true or false, not ${show(value)}`);
}

function integer(options: Record<string, unknown>, name: string, byDefault: number, least: number): number {
  const value = options[name];
  if (value === undefined) return byDefault;
  // 2^31 - 1: the longest a timer can wait
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= 2_147_483_647) return value;
  throw configError(`"${name}" must be a whole number of at least ${least}, not ${show(value)}`);
}

function oneOf<T extends string>(options: Record<string, unknown>, name: string, values: readonly T[], byDefault: T): T {
  const value = options[name];
  if (value === undefined) return byDefault;
  if (values.includes(value as T)) return value as T;
  throw configError(`"${name}" must be one of ${values.map((item) => `'${item}'`).join(', ')}, not ${show(value)}`);
}
