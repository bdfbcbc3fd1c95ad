import fc from 'fast-check';

/** Any code point but half of a pair, as fast-check's `unit: 'binary'`, which makes a table of them all: a second and 120 MB. */
export const anyCharacter = fc.nat({ max: 0x10ffff - 0x800 }).map((index) => String.fromCodePoint(index < 0xd800 ? index : index + 0x800));
