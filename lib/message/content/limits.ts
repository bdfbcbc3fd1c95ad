/**
 * Streams up to this size stay in memory, all of one message together; the rest goes to a temporary file. In base64 nothing above
 * it fits into one request to Graph anyway.
 */
export const MEMORY_LIMIT = 3 * 1024 * 1024;

/**
 * Of a stream this much is kept in memory where there is no room for a temporary file: more than Exchange takes unless an
 * administrator raised its limit (35 MB).
 */
export const MEMORY_INSTEAD_OF_FILE = 40 * 1024 * 1024;

/** Bytes read and handed on at once: what a large file costs in memory is a few times this. */
export const PIECE = 512 * 1024;

/** Graph takes no larger file (150 MB, https://learn.microsoft.com/graph/outlook-large-attachments). */
export const MAX_CONTENT = 150 * 1024 * 1024;

export function refuseIf(condition: boolean, message: string): void {
  if (condition) throw new Error(message);
}

/** @throws {Error} for what Graph takes in no way */
export function refuseLarge(bytes: number): void {
  refuseIf(bytes > MAX_CONTENT, 'it is larger than the 150 MB Graph takes');
}
