import type { GraphTransportErrorCode } from '../graph-transport-error.js';

/** A request whose failures mean something else than those of a send. */
export type Operation = 'trace' | 'read';

/** One known failure: how to tell it, why it happens, what to do. */
export interface CatalogueEntry {
  /** The code people search for. */
  readonly id: string;
  readonly code: GraphTransportErrorCode;
  /** Whether the same message would be refused again. */
  readonly permanent: boolean;
  readonly cause: string;
  readonly remedy: string;
  /** Matches one of these codes … */
  readonly graphCodes?: readonly string[];
  /** Codes that come with it, for who searches them; the status decides. */
  readonly aliases?: readonly string[];
  /** … with one of these statuses … */
  readonly statusCodes?: readonly number[];
  /** … and these words … */
  readonly message?: RegExp;
  /** … of one of these requests. All that is given must match. */
  readonly operations?: readonly Operation[];
}

/** An entry as the lists have it: the id is the first code unless it says otherwise, and most of a list have code and `permanent` in common. */
type Row = Omit<CatalogueEntry, 'id' | 'code' | 'permanent'> & Partial<Pick<CatalogueEntry, 'id' | 'code' | 'permanent'>>;

/** Entries with what they have in common. */
export function entries(common: Pick<CatalogueEntry, 'code' | 'permanent' | 'operations'>, rows: readonly Row[]): CatalogueEntry[] {
  return rows.map((row) => ({ id: String((row.graphCodes ?? row.statusCodes)?.[0]), ...common, ...row }));
}
