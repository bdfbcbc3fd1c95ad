import type { SplitSource } from './head.js';

/** The Content-Type of a part as it stands there, unfolded. */
export const contentTypeOf = ({ fields }: SplitSource): string =>
  fields
    .find(({ name }) => /^content-type$/i.test(name))
    ?.text.replace(/^[^:]*:\s*/, '')
    .replace(/\r?\n/g, '') ?? 'text/plain';

/** The boundary of a Content-Type; undefined unless it is that of a multipart. */
export const boundaryOf = (contentType: string): string | undefined =>
  /^multipart\//i.test(contentType) ? /boundary="?([^";]+)"?/i.exec(contentType)?.[1] : undefined;

/** The parts of a multipart's body, what stands before them and what behind them. */
export function splitMultipart(body: Buffer, boundary: string): { before: Buffer; children: Buffer[]; after: Buffer } {
  const text = `\r\n${body.toString('latin1')}`;
  const escaped = boundary.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pieces = text.split(new RegExp(`\\r?\\n--${escaped}(?:--)?[ \\t]*(?:\\r?\\n|$)`)).map((piece) => Buffer.from(piece, 'latin1'));
  const [before = Buffer.alloc(0), ...rest] = pieces;
  // behind the last delimiter there is an epilogue, empty as a rule
  const after = rest.pop() ?? Buffer.alloc(0);
  const preamble = before.subarray(Math.min(2, before.length));
  return { before: preamble.length > 0 ? Buffer.concat([preamble, Buffer.from('\r\n')]) : preamble, children: rest, after };
}
