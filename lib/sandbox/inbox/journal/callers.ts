import { routes } from '../../routes.js';
import type { SandboxCaller, SandboxOperation, SandboxRequest } from '../../types.js';

/** An app that called, and what for. */
export interface CallerEntry {
  caller: SandboxCaller;
  tokens: number;
  requests: number;
  lastUsedAt: Date;
  operations: Map<SandboxOperation, number>;
}

const MOST_CALLERS = 100;

/** The apps (and signed-in users) that called. */
export class Callers {
  readonly #entries = new Map<string, CallerEntry>();
  readonly #tokens = new Map<string, number>();

  count({ operation, caller, status, body, startedAt }: SandboxRequest): void {
    if (operation === 'token' && status === 200) {
      const { client_id: appId } = (body ?? {}) as Record<string, string>;
      if (appId !== undefined && this.#tokens.size < MOST_CALLERS) this.#tokens.set(appId, (this.#tokens.get(appId) ?? 0) + 1);
    }
    if (!caller) return;
    const key = `${caller.appId} ${caller.user ?? ''}`;
    let entry = this.#entries.get(key);
    if (!entry) {
      if (this.#entries.size >= MOST_CALLERS) return;
      entry = { caller, tokens: 0, requests: 0, lastUsedAt: startedAt, operations: new Map() };
      this.#entries.set(key, entry);
    }
    entry.caller = caller;
    entry.requests++;
    entry.lastUsedAt = startedAt;
    entry.tokens = this.#tokens.get(caller.appId) ?? 0;
    entry.operations.set(operation, (entry.operations.get(operation) ?? 0) + 1);
  }

  list(): CallerEntry[] {
    return [...this.#entries.values()];
  }

  clear(): void {
    this.#entries.clear();
    this.#tokens.clear();
  }
}

/** Permissions any of which an operation needs; none for what takes no token. */
export const permissionsFor = (operation: SandboxOperation): readonly string[] =>
  routes.find((route) => route.operation === operation)?.needs ?? [];
