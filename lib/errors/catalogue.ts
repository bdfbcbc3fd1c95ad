import type { CatalogueEntry, Operation } from './catalogue/entry.js';
import { LOAD } from './catalogue/load.js';
import { MAILBOX } from './catalogue/mailbox.js';
import { MESSAGE } from './catalogue/message.js';
import { PERMISSION } from './catalogue/permission.js';
import { READ } from './catalogue/read.js';
import { SIGN_IN } from './catalogue/sign-in.js';
import { TRACE } from './catalogue/trace.js';

export type { CatalogueEntry, Operation };

/** What is known about a failure when the catalogue is asked. */
export interface FailureFacts {
  /** HTTP status. */
  statusCode?: number | undefined;
  /** `ErrorAccessDenied`, `AADSTS7000215`, … */
  graphCode?: string | undefined;
  /** The service's own words. */
  message?: string | undefined;
  /** What was asked for, where that is no send. */
  operation?: Operation | undefined;
}

/**
 * Every failure this transport can explain; the first match wins, so the special stands before the general.
 * Codes and texts: Microsoft's error references and users' reports.
 */
export const CATALOGUE: readonly CatalogueEntry[] = [...TRACE, ...READ, ...SIGN_IN, ...PERMISSION, ...MAILBOX, ...MESSAGE, ...LOAD];

/** The entry that explains a failure, or `undefined` for one nobody has described yet. */
export function explain(facts: FailureFacts): CatalogueEntry | undefined {
  return CATALOGUE.find((entry) => matches(entry, facts));
}

function matches(entry: CatalogueEntry, { statusCode, graphCode, message, operation }: FailureFacts): boolean {
  if (entry.operations && !entry.operations.some((one) => one === operation)) return false;
  if (entry.graphCodes && !entry.graphCodes.some((code) => code === graphCode || (code === 'AADSTS' && graphCode?.startsWith(code))))
    return false;
  if (entry.statusCodes && !entry.statusCodes.includes(statusCode ?? 0)) return false;
  return !entry.message || entry.message.test(message ?? '');
}
