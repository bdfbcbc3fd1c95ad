export interface Field {
  name: string;
  value: string;
}

/** The header fields of a message source, unfolded. */
export function readHead(source: string): Field[] {
  const [head = ''] = source.split(/\r?\n\r?\n/, 1);
  const fields: Field[] = [];
  for (const line of head.split(/\r?\n/)) {
    const last = fields.at(-1);
    if (/^[ \t]/.test(line) && last) last.value += ` ${line.trim()}`;
    else {
      const colon = line.indexOf(':');
      if (colon > 0) fields.push({ name: line.slice(0, colon), value: line.slice(colon + 1).trim() });
    }
  }
  return fields;
}
