import type { RequestListener } from 'node:http';
import { createIdentity } from './certificate.js';
import { Directory } from './directory.js';
import { AccessTokens } from './entra/access-tokens.js';
import { signingKey } from './entra/signing-key.js';
import { SignIns } from './entra/sign-ins.js';
import { createEntraSurface } from './entra/surface.js';
import { Faults } from './faults.js';
import { createGraphSurface } from './graph-surface.js';
import { Connections } from './http/connections.js';
import { Hosts, misdirect } from './http/hosts.js';
import { listen, type Listener } from './http/listen.js';
import { serve, type ServeContext, type Surface } from './http/serve.js';
import type { RunningInbox } from './inbox/start-inbox.js';
import { createSandbox } from './sandbox.js';
import { readSettings } from './settings.js';
import type { SandboxState } from './state.js';
import { Store } from './store.js';
import { Traffic } from './traffic.js';
import type { Sandbox, SandboxOptions } from './types.js';
import { createUploadSurface } from './upload-surface.js';
import { Uploads } from './uploads.js';
import { VERSION } from './version.js';

/**
 * Starts Microsoft Graph and Entra for mail on this machine. Nothing leaves it; what a client
 * sends ends up in `messages`, and what Graph would refuse is refused.
 * @throws TypeError for options that make no sense, and what the system says where a port is taken
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const settings = readSettings(options);
  const [identity, key] = await Promise.all([createIdentity(settings.host, settings.hostname), signingKey()]);
  const store = new Store(settings);
  const faults = new Faults();
  const connections = new Connections();
  const state: SandboxState = {
    settings,
    directory: new Directory(settings),
    tokens: new AccessTokens(key, settings.tenantId, settings.tokenLifetime),
    signIns: new SignIns({ refreshToken: settings.refreshTokenLifetime * 1000, revokesUsed: settings.revokeUsedRefreshTokens }),
    store,
    traffic: new Traffic(settings),
    traceTraffic: new Traffic({ maxConcurrency: Infinity, rateLimit: settings.messageTrace.rateLimit }),
    uploads: new Uploads(settings.uploadSessionLifetime),
    origins: { graph: '', authority: '', upload: '' },
  };
  const context: ServeContext = {
    connections,
    faults,
    keepContent: settings.keepContent,
    record: (request, exchange) => {
      store.record(request);
      store.observer?.requested(request, exchange);
      settings.onRequest(request);
    },
  };
  const hosts = new Hosts(settings);
  const listeners: Listener[] = [];
  let inbox: RunningInbox | undefined;
  const open = async (surface: Surface, port: number, tls: boolean): Promise<string> => {
    const handler: RequestListener = (request, response) => {
      if (hosts.allows(request.headers.host, request.socket.localPort ?? 0)) void serve(context, surface, request, response);
      else misdirect(request, response);
    };
    const { host, hostname } = settings;
    const listener = await listen(handler, { host, hostname, port, identity: tls ? identity : undefined, connections });
    listeners.push(listener);
    return listener.origin;
  };
  const close = async (): Promise<void> => {
    const closed = [...listeners, ...(inbox ? [inbox] : [])].map((listener) => listener.close());
    connections.destroyAll();
    await Promise.all(closed);
  };
  const entra = createEntraSurface({
    directory: state.directory,
    tokens: state.tokens,
    tokenLifetime: settings.tokenLifetime,
    signIns: state.signIns,
    deviceCodeBlocked: settings.deviceCode === 'blocked',
    origin: () => state.origins.authority,
    graphOrigin: () => state.origins.graph,
  });
  try {
    const tls = settings.protocol === 'https';
    state.origins.authority = await open(entra, settings.authorityPort, true);
    state.origins.graph = await open(createGraphSurface(state), settings.port, tls);
    state.origins.upload = await open(createUploadSurface(state), settings.uploadPort, tls);
    if (settings.inboxPort !== undefined) {
      // only here: nobody else pays for it
      const { startInbox } = await import('./inbox/start-inbox.js');
      inbox = await startInbox({ state, faults, ca: identity.certificate, caFile: settings.caFile, version: VERSION });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return createSandbox({ state, faults, ca: identity.certificate, inboxUrl: inbox?.url, stop: close });
}
