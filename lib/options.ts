import type { TokenCredential } from './sign-in/token-credential.js';
import type { ProxyRules } from './graph/proxy.js';
import type { Cloud, CloudHosts } from './graph/clouds.js';
import type { Logger } from './base/logger.js';
import type { FormatOption, LossPolicy, RouteOption } from './plan/plan-settings.js';
import type { TenantFacts, TenantReport } from './prepared/tenant-facts.js';
import type { TokenStore } from './sign-in/person/token-store.js';
import type { ClientCertificate, SignIn } from './sign-in/sign-in.js';

export type { FormatOption, LossPolicy, Logger, RouteOption };

/** What a rate limit counts for. */
export type RatePer = 'transport' | 'mailbox';

/** Sign in with a client secret. */
export interface ClientSecretSignIn {
  /** Directory (tenant) ID or a verified domain. */
  tenantId: string;
  /** Application (client) ID. */
  clientId: string;
  /** The secret's Value, not its Secret ID. */
  clientSecret: string;
  clientCertificate?: undefined;
  credential?: undefined;
}

/** Sign in with a certificate. */
export interface ClientCertificateSignIn {
  /** Directory (tenant) ID or a verified domain. */
  tenantId: string;
  /** Application (client) ID. */
  clientId: string;
  /** Certificate and RSA private key: the path of a PEM or .pfx file, its content as text or base64, or an object with either and a password. */
  clientCertificate: string | Uint8Array | ClientCertificate;
  clientSecret?: undefined;
  credential?: undefined;
}

/** Sign in with any credential of @azure/identity, or one of your own. */
export interface CredentialSignIn {
  /** Managed identity, workload identity, delegated …: anything with `getToken(scope)`. */
  credential: TokenCredential;
  /** What the credential is asked for; personal accounts need names such as `'https://graph.microsoft.com/Mail.Send'`. @default `{graphEndpoint}/.default` */
  scope?: string | string[] | undefined;
  tenantId?: undefined;
  clientId?: undefined;
  clientSecret?: undefined;
  clientCertificate?: undefined;
}

/** Sign in as a person who has run `nodemailer-graph-transport login`. */
export interface LoginSignIn {
  /**
   * The account, such as `'me@outlook.com'` (`true`: the only one), of the token cache `login` writes (`GRAPH_TOKEN_CACHE`, encrypted with
   * `GRAPH_TOKEN_CACHE_KEY`); or a place of your own to keep it.
   */
  login: string | true | LoginStore;
  tenantId?: undefined;
  clientId?: undefined;
  clientSecret?: undefined;
  clientCertificate?: undefined;
  credential?: undefined;
  refreshToken?: undefined;
}

/** Where a person's sign-in is kept: a database, a key vault, Redis. It holds refresh tokens. */
export interface LoginStore extends TokenStore {
  /** Which account. @default the only one */
  account?: string | undefined;
}

/** Sign in as a person with a refresh token the app has already. */
export interface RefreshTokenOptions {
  refreshToken: string;
  /** The app that got it. */
  clientId: string;
  /** Its secret, if it has one. */
  clientSecret?: string | undefined;
  /** Directory (tenant) ID, a domain, or `'consumers'` for personal accounts. @default 'common' */
  tenantId?: string | undefined;
  /** Told every new refresh token; keep it in place of the old one. */
  onRefreshToken?: ((refreshToken: string) => void | Promise<void>) | undefined;
  /** What the person allowed. @default 'Mail.Send' */
  scope?: string | string[] | undefined;
  clientCertificate?: undefined;
  credential?: undefined;
  login?: undefined;
}

/** Everything but the sign-in. */
export interface CommonOptions {
  /**
   * Whose mailbox sends: user principal name or object id; `'me'` with delegated credentials.
   * @default the message's From address; `'me'` with `login` and `refreshToken`
   */
  mailbox?: string | undefined;
  /** Whether a copy is kept in Sent Items. `false` cannot be kept in MIME and on the draft route. @default true */
  saveToSentItems?: boolean | undefined;
  /** How a message is handed to Graph. @default 'auto' */
  format?: FormatOption | undefined;
  /** `'draft'` makes every send duplicate-safe and needs Mail.ReadWrite. @default 'auto' */
  route?: RouteOption | undefined;
  /** What happens with a message that Graph cannot carry as it was written; see `info.losses`. @default 'warn' */
  onLoss?: LossPolicy | undefined;
  /**
   * What `nodemailer-graph-transport prove` has measured on your tenant: the path of its report, or what stands in it. Format and
   * `info.losses` follow it then. Read once. @default what is claimed
   */
  tenantFacts?: string | TenantReport | undefined;
  /** Microsoft's cloud the tenant is in; names the hosts of Graph and of the sign-in service. @default 'global' */
  cloud?: Cloud | undefined;
  /** Root of Graph, https (http on loopback only); instead of `cloud`. @default 'https://graph.microsoft.com' */
  graphEndpoint?: string | undefined;
  /** Root of the sign-in service, https; instead of `cloud`. @default 'https://login.microsoftonline.com' */
  authorityHost?: string | undefined;
  /** Messages of one mailbox on the way at the same time, at least 1; Exchange allows 4. @default 4 */
  maxConnections?: number | undefined;
  /** Messages per `rateDelta`, as in Nodemailer's pool; `'exchange'`: 30 a minute for each mailbox, Exchange Online's own limit. @default no limit */
  rateLimit?: number | 'exchange' | undefined;
  /** Milliseconds that `rateLimit` counts over. @default 1000 */
  rateDelta?: number | undefined;
  /** Whether `rateLimit` counts the messages of this transport, or those of each mailbox it sends from. @default 'transport', 'mailbox' with `rateLimit: 'exchange'` */
  ratePer?: RatePer | undefined;
  /** Most recipients of one message, `EENVELOPE` beyond; Exchange's own limit is 500 unless an administrator changed it (1 to 1000). @default 500 */
  maxRecipients?: number | undefined;
  /** Repeats of a request that Graph certainly did not accept; 0 for none. @default 3 */
  retries?: number | undefined;
  /** Longest wait before a repeat, in milliseconds; a longer Retry-After is reported at once. @default 120000 */
  maxRetryDelay?: number | undefined;
  /** Milliseconds to establish a connection, then `ETIMEDOUT`. @default 30000 */
  connectionTimeout?: number | undefined;
  /** Milliseconds of silence on a connection, or of an attachment's stream, then `ETIMEDOUT`. @default 120000 */
  socketTimeout?: number | undefined;
  /** Milliseconds for one request to Graph or one sign-in as a whole, then `ETIMEDOUT`. @default 300000 */
  requestTimeout?: number | undefined;
  /** An http(s) proxy for sign-in and Graph, `http://user:password@host:port` or `host:port`. @default `HTTPS_PROXY` and `NO_PROXY` of the environment, as curl reads them */
  proxy?: string | undefined;
  /** When the client secret or certificate expires: a daily warning in the log from 60 days before, an error line once it has. @default no warning */
  secretExpires?: Date | string | undefined;
  /** `ca`: PEM certificates to trust instead of Node's own, for both hosts. @default Node's own */
  tls?: { ca?: string | Buffer | (string | Buffer)[] | undefined } | undefined;
  /** `true` for Nodemailer's console logger, or a bunyan-style logger. @default false */
  logger?: boolean | Partial<Logger> | undefined;
  /** Component name in log lines. @default 'graph-transport' */
  component?: string | undefined;
}

/** What `graphTransport()` takes. */
export type GraphTransportOptions = CommonOptions &
  (ClientSecretSignIn | ClientCertificateSignIn | CredentialSignIn | LoginSignIn | RefreshTokenOptions);

/** The options, checked and with their defaults. */
export interface Settings {
  readonly signIn: SignIn;
  readonly mailbox: string | undefined;
  readonly saveToSentItems: boolean;
  readonly format: FormatOption;
  readonly route: RouteOption;
  readonly onLoss: LossPolicy;
  readonly tenantFacts: TenantFacts | undefined;
  readonly hosts: CloudHosts;
  /** Whether the sign-in service is one of Microsoft's clouds. */
  readonly wellKnownAuthority: boolean;
  readonly maxConnections: number;
  readonly rateLimit: number | undefined;
  readonly rateDelta: number;
  readonly ratePer: RatePer;
  readonly maxRecipients: number;
  readonly retries: number;
  readonly maxRetryDelay: number;
  readonly connectionTimeout: number;
  readonly socketTimeout: number;
  readonly requestTimeout: number;
  readonly ca: string | Buffer | (string | Buffer)[] | undefined;
  readonly proxies: ProxyRules;
  readonly secretExpires: Date | undefined;
  readonly logger: boolean | Partial<Logger>;
  readonly component: string;
}
