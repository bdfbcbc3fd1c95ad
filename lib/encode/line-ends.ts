/** Whether any line ends otherwise than with CRLF, or a CR or LF stands alone. */
export function hasBareBreak(text: string): boolean {
  return /[^\r]\n|\r[^\n]|^\n|\r$/.test(text);
}

/** Bare LF and bare CR become CRLF, as SMTP's data stream does it. For bodies: in a header a bare CR ends no line. */
export function withCrlf(source: Buffer): Buffer {
  const text = source.toString('latin1');
  return hasBareBreak(text) ? Buffer.from(text.replace(/\r\n|\n|\r/g, '\r\n'), 'latin1') : source;
}
