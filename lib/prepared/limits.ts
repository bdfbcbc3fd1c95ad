/** Most bytes Graph takes in one request (4 MB, https://learn.microsoft.com/graph/use-the-api; 4,194,304 by users' measurements). */
export const REQUEST_LIMIT = 4 * 1024 * 1024;

/** From this size on a file goes through an upload session; below it Graph refuses one. */
export const UPLOAD_SESSION_FROM = 3 * 1024 * 1024;

/** Bytes of so many bytes in base64 without line breaks. */
export function base64Length(bytes: number): number {
  return 4 * Math.ceil(bytes / 3);
}
