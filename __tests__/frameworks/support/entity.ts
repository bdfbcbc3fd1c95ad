/** A MIME entity as it travelled; nothing is decoded, so that signatures can be checked. */
export interface Entity {
  /** Header lines, unfolded. */
  headers: string[];
  body: Buffer;
}

export function parseEntity(source: Buffer): Entity {
  const end = source.indexOf('\r\n\r\n');
  const head = source.subarray(0, end).toString('latin1');
  return { headers: head.replace(/\r\n(?=[ \t])/g, '').split('\r\n'), body: source.subarray(end + 4) };
}

export function headerOf(source: Buffer, name: string): string | undefined {
  const prefix = `${name.toLowerCase()}:`;
  const line = parseEntity(source).headers.find((header) => header.toLowerCase().startsWith(prefix));
  return line?.slice(prefix.length).trim();
}

/** The parts of a multipart, byte for byte. The line break before a boundary belongs to the boundary (RFC 2046 5.1.1). */
export function partsOf(source: Buffer): Buffer[] {
  const boundary = /boundary="?([^";]+)"?/i.exec(headerOf(source, 'Content-Type') ?? '')?.[1];
  if (boundary === undefined) throw new Error('not a multipart');
  const pieces = `\r\n${parseEntity(source).body.toString('latin1')}`.split(`\r\n--${boundary}`);
  return pieces.slice(1, -1).map((piece) => Buffer.from(piece.replace(/^[ \t]*\r\n/, ''), 'latin1'));
}

/** Whether a text can be read in these bytes: as it is, or in base64. */
export function reveals(bytes: Buffer, secret: string): boolean {
  const text = bytes.toString('utf8').replace(/\r?\n/g, '');
  const inBase64 = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]).toString('base64');
    // the characters at the edges depend on what stands next to the text
    return encoded.replace(/=+$/, '').slice(offset + 1, -1);
  });
  return [secret, ...inBase64].some((form) => text.includes(form));
}
