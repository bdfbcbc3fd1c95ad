/** Whether a value may have RFC 2047 encoded words. */
export function mayBeEncoded(value: string): boolean {
  return value.includes('=?');
}

/** Loads what decodes encoded words in any charset; few messages need it. */
export async function loadWordDecoder(): Promise<(value: string) => string> {
  const { default: libmime } = await import('libmime');
  return (value) => libmime.decodeWords(value);
}
