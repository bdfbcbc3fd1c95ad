import { format } from 'node:util';
import type { Logger } from './logger.js';

/** Kinds that were told in this process. */
const told = new Set<string>();

interface Entry {
  tnx?: string;
  losses?: readonly { feature: string }[];
  daysLeft?: number;
}

/**
 * What must be noticed without a logger, too: the first loss of each kind, a credential that expires and a
 * `verify()` that could not look at a mailbox go to `process.emitWarning()`, once a process, with a code that apps can filter by.
 *
 * @param logger whoever set one is told there
 */
export function withProcessWarnings<T extends Pick<Logger, 'warn' | 'error'>>(logger: T, isSet: boolean): T {
  if (isSet) return logger;
  const tell = (entry: object, message = '', ...values: unknown[]) => {
    const { code, kinds } = noticeOf(entry);
    if (code === undefined || kinds.every((kind) => told.has(kind))) return;
    for (const kind of kinds) told.add(kind);
    process.emitWarning(format(message, ...values), { type: 'GraphTransportWarning', code });
  };
  return Object.assign(Object.create(logger) as T, { warn: tell, error: tell });
}

function noticeOf(entry: object): { code?: string; kinds: string[] } {
  const { tnx, losses = [], daysLeft } = entry as Entry;
  if (tnx === 'loss') return { code: 'GRAPH_TRANSPORT_LOSS', kinds: losses.map(({ feature }) => feature) };
  if (tnx === 'sign-in' && daysLeft !== undefined)
    return { code: 'GRAPH_TRANSPORT_CREDENTIAL_EXPIRES', kinds: [daysLeft < 0 ? 'expired' : 'expires'] };
  if (tnx === 'verify') return { code: 'GRAPH_TRANSPORT_NOT_VERIFIED', kinds: ['verify'] };
  return { kinds: [] };
}
