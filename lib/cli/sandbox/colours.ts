import { styleText } from 'node:util';

/** How a piece of a line is to look. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Colours a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

/** Colours on a terminal; none where NO_COLOR is set (https://no-color.org) or the output goes to a file. */
export function createPaint(stream: { isTTY?: boolean }, env: Readonly<Record<string, string | undefined>> = process.env): Paint {
  const coloured = env.NO_COLOR
    ? false
    : env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0'
      ? true
      : stream.isTTY === true && env.TERM !== 'dumb';
  return (style, text) => (coloured ? styleText(style, text) : text);
}
