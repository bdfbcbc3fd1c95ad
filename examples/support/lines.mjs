/** Columns of a terminal that nobody has made wider. */
const WIDTH = 80;

/**
 * Text in lines of at most 80 columns.
 *
 * @param {string} text
 * @param {string} first what the first line begins with
 * @param {string} [others] what the others begin with
 */
export function wrap(text, first, others = ' '.repeat(first.length)) {
  const lines = [];
  let line = first;
  let empty = true;
  for (const word of text.split(/\s+/)) {
    if (!empty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = others;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line].join('\n');
}

/**
 * Name and value in two columns.
 *
 * @param {string} name
 * @param {string} value
 */
export const field = (name, value) => wrap(value, `   ${name.padEnd(12)} `);
