import { isGraphUrl } from '../../config/url.js';
import { ENV_FILE, type SendmailFlags } from './settings.js';

type Env = Readonly<Record<string, string | undefined>>;

/** Flags that say which variable holds what. */
const VARIABLES = {
  urlEnv: '--url-env',
  envPrefix: '--env-prefix',
  envFile: '--env-file',
  clientSecretEnv: '--client-secret-env',
  certificatePasswordEnv: '--certificate-password-env',
} as const;
/** Flags that say where things go, and whom to believe. */
const HOSTS = {
  graphEndpoint: '--graph-endpoint',
  authorityHost: '--authority-host',
  proxy: '--proxy',
  caFile: '--ca-file',
  spool: '--spool',
} as const;

/**
 * The flag that `sendmail` must not take, if there is one. Programs put what others wrote into sendmail's command line (PHP's fifth
 * argument of mail(), -f of a web form): with the secret in the environment, one flag more would send it to a host of theirs.
 */
export function injectedFlag(flags: SendmailFlags, env: Env): string | undefined {
  const given = (names: Readonly<Record<string, string>>) =>
    Object.entries(names).find(([name]) => !isDefault(name, flags[name as keyof typeof flags]))?.[1];
  const inNames = given(VARIABLES);
  const standing = holdsSecret('GRAPH_', env) || holdsSecret('AZURE_', env) || isGraphUrl(env['MAIL_URL'] ?? '') || Boolean(env[ENV_FILE]);
  if (standing) return inNames ?? given(HOSTS);
  const named =
    holdsSecret(flags.envPrefix ?? 'GRAPH_', env) ||
    isGraphUrl(env[flags.urlEnv ?? 'MAIL_URL'] ?? '') ||
    flags.clientSecretEnv !== undefined;
  return named || flags.envFile !== undefined ? given(HOSTS) : undefined;
}

function isDefault(name: string, value: unknown): boolean {
  return value === undefined || (name === 'urlEnv' && value === 'MAIL_URL') || (name === 'envPrefix' && value === 'GRAPH_');
}

function holdsSecret(prefix: string, env: Env): boolean {
  return ['CLIENT_SECRET', 'CLIENT_CERTIFICATE_PATH', 'CLIENT_CERTIFICATE_PASSWORD', 'PASSWORD'].some((name) =>
    Boolean(env[prefix + name]),
  );
}
