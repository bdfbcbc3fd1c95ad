// A reader of its own, on purpose: it shares no line with what writes or understands addresses elsewhere, so that both cannot share a
// mistake. It walks over character codes and never goes back.

/** A mailbox as RFC 5322 writes it. */
export interface StrictMailbox {
  /** Without the quotes of a quoted local part. */
  readonly local: string;
  readonly domain: string;
}

const SPACE = 0x20;
const TAB = 0x09;
const CR = 0x0d;
const LF = 0x0a;

/**
 * Reads an address list: mailboxes and groups (RFC 5322, 3.4), comments and folds where they may stand, dots in phrases, letters
 * beyond ASCII (RFC 6532). No routes, no empty places in the list, no quoted pairs of control characters.
 *
 * @returns `undefined` for anything else
 */
export function readStrictAddressList(text: string): StrictMailbox[] | undefined {
  const reader = new Reader(text);
  const found: StrictMailbox[] = [];
  for (;;) {
    if (!reader.address(found)) return undefined;
    if (reader.atEnd()) return found;
    if (!reader.take(',')) return undefined;
  }
}

/** Reads one address and nothing else: no name, no comment, no blank. */
export function readStrictAddress(text: string): StrictMailbox | undefined {
  const reader = new Reader(text);
  const mailbox = reader.addrSpec();
  return mailbox && reader.atEnd() ? mailbox : undefined;
}

/** What two spellings of one mailbox have in common: case within ASCII does not count, an international domain counts in its ASCII form. */
export function mailboxKey({ local, domain }: StrictMailbox, toAscii: (domain: string) => string): string {
  return `${lowerAscii(local)}\0${lowerAscii(isAscii(domain) ? domain : toAscii(domain))}`;
}

class Reader {
  #at = 0;

  constructor(private readonly text: string) {}

  atEnd(): boolean {
    return this.#at >= this.text.length;
  }

  take(character: string): boolean {
    if (this.text.charAt(this.#at) !== character) return false;
    this.#at++;
    return true;
  }

  /** A mailbox, or a group with all its members. */
  address(found: StrictMailbox[], inGroup = false): boolean {
    const start = this.#at;
    if (!this.cfws()) return false;
    if (this.peek() === '<') return this.angle(found);
    // an address, or the first word of a name: what comes behind it tells
    const afterSpace = this.#at;
    const plain = this.addrSpec();
    if (plain) {
      found.push(plain);
      return this.cfws();
    }
    this.#at = afterSpace;
    if (!this.phrase()) return false;
    if (this.peek() === '<') return this.angle(found);
    if (inGroup || this.#at === start || !this.take(':')) return false;
    if (!this.cfws()) return false;
    if (this.take(';')) return this.cfws();
    for (;;) {
      if (!this.address(found, true)) return false;
      if (this.take(';')) return this.cfws();
      if (!this.take(',')) return false;
    }
  }

  angle(found: StrictMailbox[]): boolean {
    if (!this.take('<')) return false;
    const mailbox = this.addrSpec();
    if (!mailbox || !this.take('>')) return false;
    found.push(mailbox);
    return this.cfws();
  }

  /** `local@domain`, with nothing between: RFC 5322 has comments there, and no two readers agree what they separate. */
  addrSpec(): StrictMailbox | undefined {
    const local = this.peek() === '"' ? this.quoted() : this.dotAtom();
    if (local === undefined || local === '') return undefined;
    // an encoded word is no local part (RFC 2047, 5), and who decodes it reads another address
    if (local.includes('=?') && local.includes('?=')) return undefined;
    if (!this.take('@')) return undefined;
    const domain = this.peek() === '[' ? this.literal() : this.dotAtom();
    if (domain === undefined || domain.includes('=?')) return undefined;
    return { local, domain };
  }

  /** Words, quoted strings and dots; at least one word first. */
  phrase(): boolean {
    let words = 0;
    for (;;) {
      if (!this.cfws()) return false;
      const character = this.peek();
      if (character === '"') {
        if (this.quoted() === undefined) return false;
      } else if (isAtext(this.code())) {
        while (isAtext(this.code())) this.#at++;
      } else if (character === '.' && words > 0) {
        this.#at++;
      } else return words > 0;
      words++;
    }
  }

  dotAtom(): string | undefined {
    const start = this.#at;
    for (;;) {
      if (!isAtext(this.code())) return undefined;
      while (isAtext(this.code())) this.#at++;
      if (this.peek() !== '.') return this.text.slice(start, this.#at);
      this.#at++;
    }
  }

  quoted(): string | undefined {
    let value = '';
    this.#at++;
    for (;;) {
      let code = this.code();
      if (code === 0x22) {
        this.#at++;
        return value;
      }
      if (code === CR) {
        if (!this.fold()) return undefined;
        value += ' ';
        continue;
      }
      if (code === 0x5c) {
        this.#at++;
        code = this.code();
      }
      if (!isText(code)) return undefined;
      value += this.text.charAt(this.#at++);
    }
  }

  literal(): string | undefined {
    const start = this.#at++;
    for (;;) {
      const code = this.code();
      if (code === 0x5d) {
        this.#at++;
        return this.#at - start > 2 ? this.text.slice(start, this.#at) : undefined;
      }
      // RFC 5322 allows more; of what others take for a comment or a separator there is no need in an address of a host
      if (!isLiteral(code)) return undefined;
      this.#at++;
    }
  }

  /** Blanks, folds and comments; `false` for a comment without an end or a line break that folds nothing. */
  cfws(): boolean {
    for (;;) {
      const code = this.code();
      if (code === SPACE || code === TAB) this.#at++;
      else if (code === CR) {
        if (!this.fold()) return false;
      } else if (code === 0x28) {
        if (!this.comment()) return false;
      } else return true;
    }
  }

  comment(): boolean {
    let depth = 0;
    for (;;) {
      let code = this.code();
      if (code === CR) {
        if (!this.fold()) return false;
        continue;
      }
      if (code === 0x28) depth++;
      else if (code === 0x29) {
        this.#at++;
        if (--depth === 0) return true;
        continue;
      } else if (code === 0x5c) {
        this.#at++;
        code = this.code();
      }
      if (!isText(code)) return false;
      this.#at++;
    }
  }

  fold(): boolean {
    if (this.code() !== CR || this.code(1) !== LF || (this.code(2) !== SPACE && this.code(2) !== TAB)) return false;
    this.#at += 3;
    return true;
  }

  peek(): string {
    return this.text.charAt(this.#at);
  }

  /** `-1` behind the end. */
  code(ahead = 0): number {
    const at = this.#at + ahead;
    return at < this.text.length ? this.text.charCodeAt(at) : -1;
  }
}

/** Of ASCII, what an atom is made of. */
const ATEXT = Array.from(
  { length: 0x80 },
  (_, code) => code > SPACE && code !== 0x7f && !'()<>[]:;@\\,."'.includes(String.fromCharCode(code)),
);

/** Letters, digits, colon, dot and hyphen: IPv4, IPv6 and tags. */
function isLiteral(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x3a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a) || code === 0x2d || code === 0x2e
  );
}

/** What an atom is made of; letters beyond ASCII among them, line separators and C1 controls not. */
function isAtext(code: number): boolean {
  if (code > 0x7f) return code > 0xa0 && code !== 0x2028 && code !== 0x2029 && code !== 0xfeff;
  return ATEXT[code] === true;
}

/** What may stand in quotes and comments. */
function isText(code: number): boolean {
  return code === TAB || (code >= SPACE && code !== 0x7f && !(code >= 0x80 && code < 0xa0) && code !== 0x2028 && code !== 0x2029);
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

function lowerAscii(text: string): string {
  if (!/[A-Z]/.test(text)) return text;
  let result = '';
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    result += code >= 0x41 && code <= 0x5a ? String.fromCharCode(code + 32) : text.charAt(at);
  }
  return result;
}
