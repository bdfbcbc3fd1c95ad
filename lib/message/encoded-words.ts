/** Decodes RFC 2047 encoded words in any charset; the library is loaded only if there is one. */
export async function decodeWords(value: string): Promise<string> {
  if (!value.includes('=?')) return value;
  const { default: libmime } = await import('libmime');
  return libmime.decodeWords(value);
}
