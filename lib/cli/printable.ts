/** Text for a terminal: control characters, which could move the cursor or change what stands there, become visible. Line breaks stay. */
export function printable(text: string): string {
  return text.replace(/(?!\n)\p{Cc}|[\u2028\u2029]/gu, (character) =>
    character === '\t' ? ' ' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
