import { styleText } from 'node:util';

/** How a piece of a line is to look. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Colours a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether to colour: on a terminal, and not where NO_COLOR is set (https://no-color.org) or the output goes to a file. */
export function isColoured(stream: { isTTY?: boolean }, env: Environment = process.env): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0') return true;
  return stream.isTTY === true && env.TERM !== 'dumb';
}

/** Colours where `isColoured()` says so. */
export function createPaint(stream: { isTTY?: boolean }, env?: Environment): Paint {
  const coloured = isColoured(stream, env);
  return (style, text) => (coloured ? styleText(style, text) : text);
}
