/** Decodes RFC 2047 encoded words in any charset. */
export type DecodeWords = (value: string) => string;

/** A decoder for these values; the library is loaded only if one of them needs it. */
export async function wordDecoder(values: Iterable<string>): Promise<DecodeWords> {
  for (const value of values) {
    if (!value.includes('=?')) continue;
    const { default: libmime } = await import('libmime');
    return (text) => libmime.decodeWords(text);
  }
  return (text) => text;
}
