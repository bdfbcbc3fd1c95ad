/**
 * Text for a terminal: what could move the cursor, change what stands there or turn its direction becomes visible. Line breaks stay.
 */
export function printable(text: string): string {
  return text.replace(/(?!\n)\p{Cc}|[\p{Bidi_Control}\u2028\u2029]/gu, (character) =>
    character === '\t' ? ' ' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The same on one line. */
export function printableLine(text: string): string {
  return printable(text.replace(/[\r\n\u2028\u2029]+/g, ' '));
}
