import { loadPackage } from '../errors/load-package.js';

interface Libmime {
  decodeWords(text: string): string;
}

/** Whether a value may have RFC 2047 encoded words. */
export function mayBeEncoded(value: string): boolean {
  return value.includes('=?');
}

/** Loads what decodes encoded words in any charset; few messages need it. */
export async function loadWordDecoder(): Promise<(value: string) => string> {
  const libmime = await loadPackage('libmime', () => import('libmime') as Promise<unknown> as Promise<Libmime>, 'decodeWords');
  return (value) => libmime.decodeWords(value);
}
