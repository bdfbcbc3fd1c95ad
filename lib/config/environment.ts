import { configError } from '../errors/config-error.js';
import { CLOUDS } from '../graph/clouds.js';
import { parseProxy } from '../graph/proxy.js';
import { parseText } from './text.js';

/** Where `graphTransportFromEnv()` looks. */
export interface EnvironmentOptions {
  /** What the names begin with. @default 'GRAPH_' */
  prefix?: string | undefined;
  /** Name of the variable that holds the mailbox, such as `'MAIL_FROM'`; its value may be `Name <address>`. @default the prefix and `SENDER` */
  sender?: string | undefined;
  /** Where the variables are looked up. @default process.env */
  env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Options as the environment names them; values are checked with all others. */
export type EnvironmentSettings = Record<string, unknown>;

const DEFAULT_PREFIX = 'GRAPH_';
const HOSTS = ['cloud', 'graphEndpoint', 'authorityHost'];

/**
 * Reads `GRAPH_TENANT_ID`, `GRAPH_CLIENT_ID`, `GRAPH_CLIENT_SECRET` or `GRAPH_CLIENT_CERTIFICATE_PATH` (with
 * `GRAPH_CLIENT_CERTIFICATE_PASSWORD`), and what a deployment sets besides: `GRAPH_SENDER`, `GRAPH_SAVE_TO_SENT_ITEMS`, `GRAPH_CLOUD`
 * or `GRAPH_ENDPOINT` and `GRAPH_AUTHORITY_HOST`, `GRAPH_PROXY`, `GRAPH_ON_LOSS`, `GRAPH_TENANT_FACTS`, `GRAPH_CREDENTIAL_EXPIRES` (or
 * `CREDENTIAL_EXPIRES`). Where none of the sign-in names is set, those of @azure/identity count: `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`,
 * `AZURE_CLIENT_SECRET`, `AZURE_CLIENT_CERTIFICATE_PATH`, `AZURE_AUTHORITY_HOST`. `GRAPH_LOGIN` names a person who has run `login` instead. One set or the other: half of each would sign in as
 * nobody knows whom.
 *
 * @throws {GraphTransportError} `ECONFIG` that names the variable
 */
export function optionsFromEnvironment({
  prefix = DEFAULT_PREFIX,
  sender = `${prefix}SENDER`,
  env = process.env,
  required = false,
}: EnvironmentOptions & { required?: boolean } = {}): EnvironmentSettings {
  const login = env[`${prefix}LOGIN`]?.trim();
  const own = login ? loginFrom(prefix, login, env) : signInFrom(prefix, env);
  const azure = own || prefix !== DEFAULT_PREFIX ? undefined : signInFrom('AZURE_', env);
  if (required && !own && !azure) throw configError(`the environment does not have ${environmentNames(prefix)}`);
  const hosts = hostsFrom(prefix, env);
  const authorityHost = azure && Object.keys(hosts).length === 0 ? env['AZURE_AUTHORITY_HOST'] : undefined;
  return {
    ...(own ?? azure),
    ...mailboxFrom(sender, env),
    ...settingsFrom(prefix, env),
    ...hosts,
    ...(authorityHost && { authorityHost }),
  };
}

/**
 * What the environment sets besides the sign-in: hosts, proxy and the rest.
 *
 * @throws {GraphTransportError} `ECONFIG` that names the variable
 */
export function surroundingsFromEnvironment(prefix = DEFAULT_PREFIX, env: Environment = process.env): EnvironmentSettings {
  return { ...settingsFrom(prefix, env), ...hostsFrom(prefix, env) };
}

/** Options over those of the environment; hosts are one setting, whoever names one of them. */
export function overEnvironment(environment: EnvironmentSettings, given: Record<string, unknown>): EnvironmentSettings {
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const ownHosts = HOSTS.some((name) => defined[name] !== undefined);
  const rest = Object.fromEntries(Object.entries(environment).filter(([name]) => !ownHosts || !HOSTS.includes(name)));
  return { ...rest, ...defined };
}

/** The names looked for, for errors. */
export function environmentNames(prefix = DEFAULT_PREFIX): string {
  return `${prefix}TENANT_ID, ${prefix}CLIENT_ID and ${prefix}CLIENT_SECRET (or ${prefix}CLIENT_CERTIFICATE_PATH)`;
}

type Environment = NonNullable<EnvironmentOptions['env']>;

function mailboxFrom(name: string, env: Environment): EnvironmentSettings {
  const value = env[name]?.trim();
  if (!value) return {};
  return { mailbox: /^[^<>]*<([^<>]+)>$/.exec(value)?.[1] ?? value };
}

function hostsFrom(prefix: string, env: Environment): EnvironmentSettings {
  const cloud = oneOf(`${prefix}CLOUD`, env, Object.keys(CLOUDS));
  const graphEndpoint = env[`${prefix}ENDPOINT`]?.trim();
  const authorityHost = env[`${prefix}AUTHORITY_HOST`]?.trim();
  if (cloud && (graphEndpoint || authorityHost)) {
    throw configError(`set either ${prefix}CLOUD or ${prefix}ENDPOINT and ${prefix}AUTHORITY_HOST`);
  }
  return { ...(cloud && { cloud }), ...(graphEndpoint && { graphEndpoint }), ...(authorityHost && { authorityHost }) };
}

function settingsFrom(prefix: string, env: Environment): EnvironmentSettings {
  const save = env[`${prefix}SAVE_TO_SENT_ITEMS`];
  const onLoss = oneOf(`${prefix}ON_LOSS`, env, ['warn', 'error', 'ignore']);
  const tenantFacts = env[`${prefix}TENANT_FACTS`]?.trim();
  const proxy = env[`${prefix}PROXY`];
  // here, where the variable can be named
  if (proxy) parseProxy(proxy, `${prefix}PROXY`);
  const expires = [`${prefix}CREDENTIAL_EXPIRES`, 'CREDENTIAL_EXPIRES'].find((name) => env[name]?.trim());
  const secretExpires = expires && env[expires]?.trim();
  if (secretExpires && Number.isNaN(Date.parse(secretExpires))) {
    throw configError(`the environment variable ${expires} must be a date such as 2027-01-31, not '${secretExpires.slice(0, 40)}'`);
  }
  return {
    ...(save && { saveToSentItems: parseText(save, 'boolean', `${prefix}SAVE_TO_SENT_ITEMS`) }),
    ...(onLoss && { onLoss }),
    ...(tenantFacts && { tenantFacts }),
    ...(proxy && { proxy }),
    ...(secretExpires && { secretExpires }),
  };
}

function oneOf(name: string, env: Environment, values: readonly string[]): string | undefined {
  const value = env[name]?.trim();
  if (!value || values.includes(value)) return value;
  throw configError(
    `the environment variable ${name} must be one of ${values.map((item) => `'${item}'`).join(', ')}, not '${value.slice(0, 40)}'`,
  );
}

/** A person who has run `login`; a secret beside it would sign in as somebody else. */
function loginFrom(prefix: string, login: string, env: NonNullable<EnvironmentOptions['env']>): EnvironmentSettings {
  const other = ['CLIENT_SECRET', 'CLIENT_CERTIFICATE_PATH'].find((name) => env[prefix + name]?.trim());
  if (other !== undefined) throw configError(`set either ${prefix}LOGIN or ${prefix}${other}`);
  return { login };
}

function signInFrom(prefix: string, env: Environment): EnvironmentSettings | undefined {
  const read = (name: string) => env[prefix + name]?.trim() || undefined;
  const tenantId = read('TENANT_ID');
  const clientId = read('CLIENT_ID');
  const clientSecret = read('CLIENT_SECRET');
  const certificatePath = read('CLIENT_CERTIFICATE_PATH');
  const certificatePassword = read('CLIENT_CERTIFICATE_PASSWORD');
  if (!tenantId && !clientId && !clientSecret && !certificatePath) return undefined;
  if (clientSecret && certificatePath) throw configError(`set either ${prefix}CLIENT_SECRET or ${prefix}CLIENT_CERTIFICATE_PATH`);
  const missing = [!tenantId && 'TENANT_ID', !clientId && 'CLIENT_ID', !clientSecret && !certificatePath && 'CLIENT_SECRET'].filter(
    Boolean,
  );
  if (missing.length > 0) {
    const identity = env['AZURE_FEDERATED_TOKEN_FILE'] ? '; for a workload identity pass credential: new WorkloadIdentityCredential()' : '';
    throw configError(`the environment variable ${missing.map((name) => prefix + String(name)).join(' and ')} is not set${identity}`);
  }
  return {
    tenantId,
    clientId,
    ...(clientSecret && { clientSecret }),
    ...(certificatePath && { clientCertificate: { certificatePath, ...(certificatePassword && { certificatePassword }) } }),
  };
}
