/**
 * Text in lines of so many columns, broken between words only.
 *
 * @param width columns; nothing is broken without
 * @param indent blanks before every line but the first
 */
export function wrap(text: string, width: number | undefined, indent: number): string {
  if (width === undefined) return text;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > Math.max(width, 40) - indent - 1) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`);
}
