import { configError } from '../errors/config-error.js';
import { parseText } from './text.js';

/** Where `graphTransportFromEnv()` looks. */
export interface EnvironmentOptions {
  /** What the names begin with. @default 'GRAPH_' */
  prefix?: string | undefined;
  /** Where the variables are looked up. @default process.env */
  env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Options as the environment names them; values are checked with all others. */
export type EnvironmentSettings = Record<string, unknown>;

const DEFAULT_PREFIX = 'GRAPH_';

/**
 * Reads `GRAPH_TENANT_ID`, `GRAPH_CLIENT_ID`, `GRAPH_CLIENT_SECRET` or `GRAPH_CLIENT_CERTIFICATE_PATH` (with
 * `GRAPH_CLIENT_CERTIFICATE_PASSWORD`), `GRAPH_SENDER` and `GRAPH_SAVE_TO_SENT_ITEMS`. Where none of the sign-in names is set,
 * those of @azure/identity count: `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_CLIENT_SECRET`, `AZURE_CLIENT_CERTIFICATE_PATH`,
 * `AZURE_AUTHORITY_HOST`. One set or the other: half of each would sign in as nobody knows whom.
 *
 * @throws {GraphTransportError} `ECONFIG` that names the variable
 */
export function optionsFromEnvironment({
  prefix = DEFAULT_PREFIX,
  env = process.env,
  required = false,
}: EnvironmentOptions & { required?: boolean } = {}): EnvironmentSettings {
  const own = signInFrom(prefix, env);
  const azure = own || prefix !== DEFAULT_PREFIX ? undefined : signInFrom('AZURE_', env);
  if (required && !own && !azure) throw configError(`the environment does not have ${environmentNames(prefix)}`);
  const mailbox = env[`${prefix}SENDER`];
  const save = env[`${prefix}SAVE_TO_SENT_ITEMS`];
  const authorityHost = azure && env['AZURE_AUTHORITY_HOST'];
  return {
    ...(own ?? azure),
    ...(mailbox && { mailbox }),
    ...(save && { saveToSentItems: parseText(save, 'boolean', `${prefix}SAVE_TO_SENT_ITEMS`) }),
    ...(authorityHost && { authorityHost }),
  };
}

/** The names looked for, for errors. */
export function environmentNames(prefix = DEFAULT_PREFIX): string {
  return `${prefix}TENANT_ID, ${prefix}CLIENT_ID and ${prefix}CLIENT_SECRET (or ${prefix}CLIENT_CERTIFICATE_PATH)`;
}

function signInFrom(prefix: string, env: NonNullable<EnvironmentOptions['env']>): EnvironmentSettings | undefined {
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
