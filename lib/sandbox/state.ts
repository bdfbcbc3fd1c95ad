import type { Directory } from './directory.js';
import type { AccessTokens } from './entra/access-tokens.js';
import type { SignIns } from './entra/sign-ins.js';
import type { Settings } from './settings.js';
import type { Store } from './store.js';
import type { Traffic } from './traffic.js';
import type { Uploads } from './uploads.js';

/** What one sandbox consists of, as its operations see it. */
export interface SandboxState {
  settings: Settings;
  directory: Directory;
  tokens: AccessTokens;
  signIns: SignIns;
  store: Store;
  traffic: Traffic;
  /** Of the tenant's message trace, whoever asks. */
  traceTraffic: Traffic;
  uploads: Uploads;
  /** Scheme, host and port of each service; known once they listen. */
  origins: { graph: string; authority: string; upload: string };
}
