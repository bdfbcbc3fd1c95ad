import type { SignInTrace } from '../errors/from-sign-in.js';
import type { HttpClient } from '../base/http.js';
import { createCredential, loadSignIn } from '../sign-in/credentials.js';
import type { SignIn } from '../sign-in/sign-in.js';
import { createTokenSource, type TokenSource } from '../sign-in/tokens.js';
import { createGraphClient, type GraphClient } from './client.js';
import type { CloudHosts } from './clouds.js';
import { createHttpClient, type HttpClientOptions } from './http.js';

export interface ConnectionSettings extends Omit<HttpClientOptions, 'connections'> {
  readonly signIn: SignIn;
  readonly hosts: CloudHosts;
  /** Whether the sign-in service is one of Microsoft's clouds. */
  readonly wellKnownAuthority: boolean;
  readonly maxConnections: number;
  readonly retries: number;
  readonly maxRetryDelay: number;
}

/** A signed-in line to Graph. */
export interface GraphConnection {
  readonly graph: GraphClient;
  readonly tokens: TokenSource;
  /** The last thing that happened at the sign-in service. */
  readonly trace: SignInTrace;
  /** For what takes no token, such as upload sessions. */
  readonly http: HttpClient;
  /** Loads what signing in and sending need, side by side; nothing goes over the network. */
  load(): void;
}

/** Puts sign-in, HTTP and Graph client together. Nothing goes over the network before the first request. */
export function createGraphConnection(
  settings: ConnectionSettings,
  {
    onBackgroundError,
    onNotice,
  }: { onBackgroundError?: (error: unknown) => void; onNotice?: (code: string, message: string) => void } = {},
): GraphConnection {
  const { signIn, hosts } = settings;
  const trace: SignInTrace = {};
  // each mailbox has a limit of its own; this only keeps thousands of mailboxes from opening as many sockets
  const http = createHttpClient({ ...settings, connections: settings.maxConnections * 64 });
  const tokens = createTokenSource({
    scope: (signIn.kind === 'credential' && signIn.scopes) || `${hosts.graphEndpoint}/.default`,
    timeout: settings.requestTimeout,
    createCredential: () => createCredential(signIn, { ...settings, ...hosts, http: http.untilClosed(), trace, onNotice }),
    ...(onBackgroundError && { onBackgroundError }),
  });
  const graph = createGraphClient({ graphEndpoint: hosts.graphEndpoint, http, tokens });
  return {
    graph,
    tokens,
    trace,
    http,
    load() {
      loadSignIn(signIn);
      http.load();
      graph.load();
    },
  };
}
