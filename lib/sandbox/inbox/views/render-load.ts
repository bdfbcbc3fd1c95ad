import type { SandboxState } from '../../state.js';
import type { Load } from '../../traffic.js';
import type { ApiTraffic } from '../api-types.js';

export function renderLoad({ traffic, settings }: SandboxState, load: Load): ApiTraffic {
  const { maxConcurrency, rateLimit } = settings;
  return {
    appId: load.appId,
    mailbox: settings.mailboxes.find(({ id }) => id === load.mailboxId)?.userPrincipalName ?? load.mailboxId,
    running: load.running,
    peak: load.peak,
    mostAtATime: Number.isFinite(maxConcurrency) ? maxConcurrency : null,
    recent: traffic.recent(load),
    mostRecent: rateLimit?.requests ?? null,
    windowMs: traffic.windowMs,
    refused: load.refused,
  };
}
