const LETTERS = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** What a terminal shows in two columns: Chinese, Japanese, Korean, most emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;
/** … and in none when it stands alone. */
const NO_COLUMN = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;

/** Columns of a terminal that a text takes. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const { segment } of LETTERS.segment(text)) columns += widthOf(segment);
  return columns;
}

function widthOf(letter: string): number {
  if (NO_COLUMN.test(letter)) return 0;
  return WIDE.test(letter) ? 2 : 1;
}

/** A text in exactly so many columns, cut off with … where it is longer. */
export function fit(text: string, columns: number): string {
  const taken = columnsOf(text);
  if (taken <= columns) return text + ' '.repeat(columns - taken);
  let [kept, width] = ['', 0];
  for (const { segment } of LETTERS.segment(text)) {
    const more = widthOf(segment);
    if (width + more > columns - 1) break;
    kept += segment;
    width += more;
  }
  return `${kept}…${' '.repeat(Math.max(columns - 1 - width, 0))}`;
}
