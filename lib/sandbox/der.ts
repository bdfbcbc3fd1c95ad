/** A value in DER (ITU-T X.690), as much of it as a certificate needs. */
export type Der = Buffer;

/** A tag with its content. */
export function der(tag: number, ...content: readonly Uint8Array[]): Der {
  const body = Buffer.concat(content);
  const { length } = body;
  const bytes = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...bytes]), body]);
}

export const sequence = (...content: readonly Der[]): Der => der(0x30, ...content);
export const setOf = (...content: readonly Der[]): Der => der(0x31, ...content);
export const octetString = (content: Uint8Array): Der => der(0x04, content);
export const utf8String = (text: string): Der => der(0x0c, Buffer.from(text, 'utf8'));
export const isTrue = der(0x01, Buffer.from([0xff]));

/** A positive number, the highest byte first. */
export const integer = (bytes: Uint8Array): Der => der(0x02, (bytes[0] ?? 0) & 0x80 ? Buffer.from([0, ...bytes]) : bytes);

/** Bits, the first of them the highest of the first byte; `unused` at the end. */
export const bitString = (bytes: Uint8Array, unused = 0): Der => der(0x03, Buffer.from([unused]), bytes);

/** Such as `2.5.4.3`. */
export function objectId(text: string): Der {
  const [first = 0, second = 0, ...others] = text.split('.').map(Number);
  return der(0x06, Buffer.from([first * 40 + second, ...others].flatMap(base128)));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}

/** Two digits of the year up to 2049, as certificates have it (RFC 5280, 4.1.2.5), four from then on. */
export function time(date: Date): Der {
  const digits = date.toISOString().replace(/[-:T]|\..*/g, '');
  const isShort = date.getUTCFullYear() < 2050;
  return der(isShort ? 0x17 : 0x18, Buffer.from(`${isShort ? digits.slice(2) : digits}Z`));
}
