import { readFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { optionsFromEnvironment, overEnvironment, surroundingsFromEnvironment } from '../config/environment.js';
import { configError } from '../errors/config-error.js';
import { isGraphUrl, optionsFromUrl } from '../config/url.js';

/** How the command line says where to sign in. Secrets never stand there: any user of the machine can read it. */
export interface ConnectionFlags {
  tenantId?: string;
  clientId?: string;
  clientSecretEnv?: string;
  certificate?: string;
  certificatePasswordEnv?: string;
  credential?: string;
  mailbox?: string;
  cloud?: string;
  graphEndpoint?: string;
  authorityHost?: string;
  proxy?: string;
  caFile?: string;
  secretExpires?: string;
  urlEnv?: string;
  envPrefix?: string;
  envFile?: string;
  login?: string;
}

/** The settings, and where they came from. */
export interface Connection {
  options: Record<string, unknown>;
  /** What the user set for an option: a flag, or a name in the environment. */
  names: Readonly<Record<string, string>>;
  /** What was left aside, in words. */
  notes: readonly string[];
}

/** What `--help` says about where the settings come from. */
export const CONNECTION_HELP = `
Sign-in: these flags; else a URL in MAIL_URL
(msgraph://CLIENT_ID:SECRET@TENANT_ID/noreply@contoso.com); else
GRAPH_TENANT_ID, GRAPH_CLIENT_ID, GRAPH_CLIENT_SECRET or
GRAPH_CLIENT_CERTIFICATE_PATH, GRAPH_SENDER; else AZURE_*.`;

/** Adds the flags that say where Graph and the sign-in service are, and how they are reached. */
export function addHostFlags(command: Command): Command {
  return command
    .option('--cloud <name>', 'global, usgov, usgov-dod, china, bleu or delos')
    .option('--graph-endpoint <url>', 'root of Graph, instead of --cloud')
    .option('--authority-host <url>', 'root of the sign-in service, instead of --cloud')
    .option('--proxy <url>', 'http or https proxy; else HTTPS_PROXY and NO_PROXY count')
    .option('--ca-file <path>', 'certificates to trust, PEM');
}

/** Adds the flags that say where to sign in. Long ones only, since `sendmail` has its own short ones. */
export function addConnectionFlags(command: Command): Command {
  command
    .option('--tenant-id <id>', 'Directory (tenant) ID')
    .option('--client-id <id>', 'Application (client) ID')
    .option('--client-secret-env <name>', 'environment variable that holds the client secret')
    .option('--certificate <path>', 'PEM or .pfx file with certificate and private key')
    .option('--certificate-password-env <name>', "environment variable that holds the file's password")
    .addOption(
      new Option('--credential <kind>', 'sign in with a credential of @azure/identity, which has to be installed').choices([
        'default',
        'managed-identity',
        'workload-identity',
      ]),
    )
    .option('--login <account>', 'sign in as a person who has run login')
    .option('--mailbox <address>', 'mailbox that sends');
  return addHostFlags(command)
    .option('--secret-expires <date>', 'when the secret expires')
    .option('--url-env <name>', 'environment variable that holds a msgraph: URL', 'MAIL_URL')
    .option('--env-prefix <prefix>', 'what the names in the environment begin with', 'GRAPH_')
    .option('--env-file <path>', 'file with lines NAME=value, such as graph-mail.env; they count before the environment');
}

/**
 * Options for the transport from flags, a URL or the environment; the first that signs in wins, flags go over it.
 *
 * @throws {GraphTransportError} `ECONFIG`
 */
export async function readConnection(flags: ConnectionFlags, environment: NodeJS.ProcessEnv = process.env): Promise<Connection> {
  const { env, options: given } = await readCommonFlags(flags, environment);
  const { options, names, notes } = await readSignIn(flags, env);
  const flagNames = Object.fromEntries(Object.keys(given).map((name) => [name, FLAG_OF[name] ?? name]));
  return { options: overEnvironment(options, given), names: { ...names, ...flagNames }, notes };
}

/** Everything but the sign-in, and the environment with what stands in `--env-file`. */
export async function readCommonFlags(
  { mailbox, cloud, graphEndpoint, authorityHost, proxy, caFile, secretExpires, envFile }: ConnectionFlags,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<{ env: NodeJS.ProcessEnv; options: Record<string, unknown> }> {
  const env = envFile === undefined ? environment : { ...environment, ...(await readEnvFile(envFile)) };
  const ca = caFile === undefined ? undefined : await readFile(caFile, 'utf8');
  const over = { mailbox, cloud, graphEndpoint, authorityHost, proxy, secretExpires, tls: ca === undefined ? undefined : { ca } };
  return { env, options: Object.fromEntries(Object.entries(over).filter(([, value]) => value !== undefined)) };
}

const FLAG_OF: Readonly<Record<string, string>> = {
  mailbox: '--mailbox',
  cloud: '--cloud',
  graphEndpoint: '--graph-endpoint',
  authorityHost: '--authority-host',
  proxy: '--proxy',
  secretExpires: '--secret-expires',
  tls: '--ca-file',
};

async function readSignIn(flags: ConnectionFlags, env: NodeJS.ProcessEnv): Promise<Connection> {
  const {
    tenantId,
    clientId,
    clientSecretEnv,
    certificate,
    certificatePasswordEnv,
    credential,
    login,
    urlEnv = 'MAIL_URL',
    envPrefix,
  } = flags;
  const prefix = envPrefix ?? 'GRAPH_';
  const sender = env[`${prefix}SENDER`] || undefined;
  const names = namesOf(prefix);
  if (login !== undefined) {
    // the cloud of a sign-in stands where setup --delegated has written it
    const options = { ...surroundingsFromEnvironment(prefix, env), mailbox: sender, login };
    return { options, names: { ...names, login: '--login' }, notes: [] };
  }
  if (credential !== undefined)
    return {
      options: { ...surroundingsFromEnvironment(prefix, env), mailbox: sender, credential: await createNamedCredential(credential) },
      names: { ...names, credential: '--credential' },
      notes: [],
    };
  if (tenantId ?? clientId ?? clientSecretEnv ?? certificate) {
    const clientSecret = clientSecretEnv === undefined ? undefined : fromEnvironment(clientSecretEnv, env);
    const certificatePassword = certificatePasswordEnv === undefined ? undefined : fromEnvironment(certificatePasswordEnv, env);
    // what the environment says of an expiry is of the credential that stands there
    const { secretExpires, ...surroundings } = surroundingsFromEnvironment(prefix, env);
    const own = clientSecretEnv === undefined && certificate === undefined;
    return {
      options: {
        ...surroundings,
        ...(own && secretExpires !== undefined && { secretExpires }),
        mailbox: sender,
        tenantId: tenantId ?? (env[`${prefix}TENANT_ID`] || undefined),
        clientId: clientId ?? (env[`${prefix}CLIENT_ID`] || undefined),
        clientSecret: clientSecret ?? (certificate === undefined ? env[`${prefix}CLIENT_SECRET`] || undefined : undefined),
        clientCertificate: certificate === undefined ? undefined : { certificatePath: certificate, certificatePassword },
      },
      names: {
        ...names,
        ...(tenantId !== undefined && { tenantId: '--tenant-id' }),
        ...(clientId !== undefined && { clientId: '--client-id' }),
        ...(clientSecretEnv !== undefined && { clientSecret: clientSecretEnv }),
        ...(certificate !== undefined && { clientCertificate: '--certificate' }),
        ...(certificatePasswordEnv !== undefined && { certificatePassword: certificatePasswordEnv }),
      },
      notes: [],
    };
  }
  const url = env[urlEnv]?.trim();
  if (url && isGraphUrl(url)) {
    const inUrl = (part: string) => `${part} in ${urlEnv}`;
    return {
      options: optionsFromUrl(url),
      names: {
        tenantId: inUrl('the tenant'),
        clientId: inUrl('the client id'),
        clientSecret: inUrl('the secret'),
        mailbox: inUrl('the mailbox'),
        secretExpires: inUrl('secretExpires'),
      },
      notes: [],
    };
  }
  if (url && urlEnv !== 'MAIL_URL') throw configError(`the environment variable ${urlEnv} does not hold a msgraph: URL`);
  // the app's URL may be one for SMTP; then the environment is left
  const scheme = /^[a-z][a-z\d+.-]*:/i.exec(url ?? '')?.[0];
  const notes = url ? [`MAIL_URL is skipped: it is ${scheme ? `for ${scheme.slice(0, -1)}` : 'no URL'}, not for msgraph`] : [];
  const options = optionsFromEnvironment({ prefix, env, required: true });
  const azure = !env[`${prefix}TENANT_ID`] && !env[`${prefix}CLIENT_ID`];
  return { options, names: azure ? { ...namesOf('AZURE_'), mailbox: `${prefix}SENDER` } : names, notes };
}

/** Options by the names the user knows: whoever set GRAPH_CLIENT_SECRET does not know of clientSecret. */
export function inTheirWords(text: string, names: Readonly<Record<string, string>>): string {
  return text
    .replace(/\boption proxy\b/g, names['proxy'] ?? 'option proxy')
    .replace(/\bthe cloud option\b/gi, (words) => names['cloud'] ?? words)
    .replace(/\bSet mailbox to\b/g, `Set ${names['mailbox'] ?? 'mailbox'} to`)
    .replace(/"?\btls\.ca\b"?/g, (word) => names['tls'] ?? word)
    .replace(
      /"?\b(tenantId|clientId|clientSecret|clientCertificate|secretExpires|certificatePassword|graphEndpoint|authorityHost)\b"?/g,
      (word, name: string) => names[name] ?? word,
    );
}

function namesOf(prefix: string): Record<string, string> {
  return {
    tenantId: `${prefix}TENANT_ID`,
    clientId: `${prefix}CLIENT_ID`,
    clientSecret: `${prefix}CLIENT_SECRET`,
    clientCertificate: `${prefix}CLIENT_CERTIFICATE_PATH`,
    certificatePassword: `${prefix}CLIENT_CERTIFICATE_PASSWORD`,
    secretExpires: `${prefix}CREDENTIAL_EXPIRES`,
    mailbox: `${prefix}SENDER`,
    cloud: `${prefix}CLOUD`,
    proxy: `${prefix}PROXY`,
    graphEndpoint: `${prefix}ENDPOINT`,
    authorityHost: `${prefix}AUTHORITY_HOST`,
  };
}

/**
 * Reads lines `NAME=value` as Node.js does.
 *
 * @throws {GraphTransportError} `ECONFIG` if that cannot be
 */
export async function readEnvFile(path: string): Promise<NodeJS.ProcessEnv> {
  const { parseEnv } = await import('node:util');
  if (typeof parseEnv !== 'function') throw configError(`--env-file needs Node.js 20.12; this is ${process.version}`);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw configError(`--env-file ${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`);
  }
  return parseEnv(text);
}

function fromEnvironment(name: string, env: NodeJS.ProcessEnv): string {
  const value = env[name];
  // the name is not shown: somebody may have put the secret itself there
  if (!value) throw configError('--client-secret-env and --certificate-password-env take the name of an environment variable that is set');
  return value;
}

async function createNamedCredential(kind: string): Promise<unknown> {
  const { DefaultAzureCredential, ManagedIdentityCredential, WorkloadIdentityCredential } = await import('@azure/identity').catch(
    (error: Error) => {
      throw configError(`--credential ${kind} needs @azure/identity (npm install @azure/identity): ${error.message}`);
    },
  );
  if (kind === 'managed-identity') return new ManagedIdentityCredential();
  return kind === 'workload-identity' ? new WorkloadIdentityCredential() : new DefaultAzureCredential();
}
