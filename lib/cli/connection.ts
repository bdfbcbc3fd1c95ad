import { readFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { optionsFromEnvironment } from '../config/environment.js';
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
}

/** What `--help` says about where the settings come from. */
export const CONNECTION_HELP = `
Sign-in: these flags; else a URL in MAIL_URL (msgraph://CLIENT_ID:SECRET@TENANT_ID/noreply@contoso.com);
else GRAPH_TENANT_ID, GRAPH_CLIENT_ID, GRAPH_CLIENT_SECRET or GRAPH_CLIENT_CERTIFICATE_PATH, GRAPH_SENDER; else AZURE_*.`;

/** Adds the flags that say where to sign in. Long ones only, since `sendmail` has its own short ones. */
export function addConnectionFlags(command: Command): Command {
  return command
    .option('--tenant-id <id>', 'Directory (tenant) ID')
    .option('--client-id <id>', 'Application (client) ID')
    .option('--client-secret-env <name>', 'environment variable that holds the client secret')
    .option('--certificate <path>', 'PEM or .pfx file with certificate and private key')
    .option('--certificate-password-env <name>', "environment variable that holds the file's password")
    .addOption(
      new Option('--credential <kind>', 'sign in with a credential of @azure/identity').choices([
        'default',
        'managed-identity',
        'workload-identity',
      ]),
    )
    .option('--mailbox <address>', 'mailbox that sends')
    .option('--cloud <name>', 'global, usgov, usgov-dod or china')
    .option('--graph-endpoint <url>', 'root of Graph, instead of --cloud')
    .option('--authority-host <url>', 'root of the sign-in service, instead of --cloud')
    .option('--proxy <url>', 'http or https proxy; else HTTPS_PROXY and NO_PROXY count')
    .option('--ca-file <path>', 'certificates to trust, PEM')
    .option('--secret-expires <date>', 'when the secret expires')
    .option('--url-env <name>', 'environment variable that holds a msgraph: URL', 'MAIL_URL')
    .option('--env-prefix <prefix>', 'what the names in the environment begin with', 'GRAPH_');
}

/**
 * Options for the transport from flags, a URL or the environment; the first that signs in wins, flags go over it.
 *
 * @throws {GraphTransportError} `ECONFIG`
 */
export async function readConnection(flags: ConnectionFlags, env: NodeJS.ProcessEnv = process.env): Promise<Record<string, unknown>> {
  const { mailbox, cloud, graphEndpoint, authorityHost, proxy, caFile, secretExpires } = flags;
  const ca = caFile === undefined ? undefined : await readFile(caFile, 'utf8');
  const over = { mailbox, cloud, graphEndpoint, authorityHost, proxy, secretExpires, tls: ca === undefined ? undefined : { ca } };
  const given = Object.fromEntries(Object.entries(over).filter(([, value]) => value !== undefined));
  return { ...(await readSignIn(flags, env)), ...given };
}

async function readSignIn(flags: ConnectionFlags, env: NodeJS.ProcessEnv): Promise<Record<string, unknown>> {
  const { tenantId, clientId, clientSecretEnv, certificate, certificatePasswordEnv, credential, urlEnv = 'MAIL_URL', envPrefix } = flags;
  const prefix = envPrefix ?? 'GRAPH_';
  if (credential !== undefined)
    return { mailbox: env[`${prefix}SENDER`] || undefined, credential: await createNamedCredential(credential) };
  if (tenantId ?? clientId ?? clientSecretEnv ?? certificate) {
    const clientSecret = clientSecretEnv === undefined ? undefined : fromEnvironment(clientSecretEnv, env);
    const certificatePassword = certificatePasswordEnv === undefined ? undefined : fromEnvironment(certificatePasswordEnv, env);
    return {
      mailbox: env[`${prefix}SENDER`] || undefined,
      tenantId: tenantId ?? (env[`${prefix}TENANT_ID`] || undefined),
      clientId: clientId ?? (env[`${prefix}CLIENT_ID`] || undefined),
      clientSecret: clientSecret ?? (certificate === undefined ? env[`${prefix}CLIENT_SECRET`] || undefined : undefined),
      clientCertificate: certificate === undefined ? undefined : { certificatePath: certificate, certificatePassword },
    };
  }
  const url = env[urlEnv]?.trim();
  // the app's URL may be one for SMTP; then the environment is left
  if (url && isGraphUrl(url)) return optionsFromUrl(url);
  if (url && urlEnv !== 'MAIL_URL') throw configError(`the environment variable ${urlEnv} does not hold a msgraph: URL`);
  return optionsFromEnvironment({ prefix, env, required: true });
}

function fromEnvironment(name: string, env: NodeJS.ProcessEnv): string {
  const value = env[name];
  // the name is not shown: somebody may have put the secret itself there
  if (!value) throw configError('--client-secret-env and --certificate-password-env take the name of an environment variable that is set');
  return value;
}

async function createNamedCredential(kind: string): Promise<unknown> {
  const { DefaultAzureCredential, ManagedIdentityCredential, WorkloadIdentityCredential } = await import('@azure/identity');
  if (kind === 'managed-identity') return new ManagedIdentityCredential();
  return kind === 'workload-identity' ? new WorkloadIdentityCredential() : new DefaultAzureCredential();
}
