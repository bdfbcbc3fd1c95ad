import { randomBytes } from 'node:crypto';

export const MEBIBYTE = 1024 * 1024;

/** So many bytes that do not compress, in pieces as a file stream gives them. */
export function* pieces(bytes, piece = randomBytes(64 * 1024)) {
  for (let left = bytes; left > 0; left -= piece.length) yield left < piece.length ? piece.subarray(0, left) : piece;
}
