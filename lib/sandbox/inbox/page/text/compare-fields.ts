import type { Field } from './read-head.js';

export interface FieldChange {
  name: string;
  /** `added`: by the service. */
  kind: 'same' | 'changed' | 'missing' | 'added' | 'hidden';
  posted: string[];
  delivered: string[];
}

/** Field by field what was posted, and what of it a recipient gets. Bcc is never to be seen there. */
export function compareFields(posted: readonly Field[], delivered: readonly Field[]): FieldChange[] {
  const group = (fields: readonly Field[]): Map<string, Field[]> => {
    const groups = new Map<string, Field[]>();
    for (const field of fields) groups.set(field.name.toLowerCase(), [...(groups.get(field.name.toLowerCase()) ?? []), field]);
    return groups;
  };
  const before = group(posted);
  const after = group(delivered);
  const changes: FieldChange[] = [];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const old = before.get(key) ?? [];
    const now = after.get(key) ?? [];
    const values = { posted: old.map(({ value }) => value), delivered: now.map(({ value }) => value) };
    const name = (old[0] ?? now[0])?.name ?? key;
    if (old.length === 0) changes.push({ name, kind: 'added', ...values });
    else if (now.length === 0) changes.push({ name, kind: key === 'bcc' ? 'hidden' : 'missing', ...values });
    else changes.push({ name, kind: isSame(values.posted, values.delivered) ? 'same' : 'changed', ...values });
  }
  const order = ['missing', 'changed', 'hidden', 'added', 'same'];
  return changes.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  // how a field is folded, encoded and quoted is not what it says
  const plain = (values: readonly string[]): string =>
    values
      .map((value) =>
        value
          .replace(/["<>\s]+/g, ' ')
          .trim()
          .toLowerCase(),
      )
      .join('\n');
  return plain(a) === plain(b);
}

interface GraphAddress {
  emailAddress?: { name?: string; address?: string };
}

/** The header fields a message of Graph's JSON stands for. */
export function fieldsOfJson(posted: unknown): Field[] {
  if (typeof posted !== 'object' || posted === null) return [];
  const outer = posted as Record<string, unknown>;
  const message = (typeof outer['message'] === 'object' && outer['message'] !== null ? outer['message'] : outer) as Record<string, unknown>;
  const fields: Field[] = [];
  const add = (name: string, value: unknown): void => {
    if (typeof value === 'string' && value !== '') fields.push({ name, value });
  };
  const addresses = (name: string, list: unknown): void => {
    const known = (Array.isArray(list) ? list : list ? [list] : []) as GraphAddress[];
    const texts = known.map(({ emailAddress: { name: display, address = '' } = {} }) =>
      display && display !== address ? `${display} <${address}>` : address,
    );
    if (texts.length > 0) fields.push({ name, value: texts.join(', ') });
  };
  addresses('From', message['from']);
  addresses('Sender', message['sender']);
  addresses('To', message['toRecipients']);
  addresses('Cc', message['ccRecipients']);
  addresses('Bcc', message['bccRecipients']);
  addresses('Reply-To', message['replyTo']);
  add('Subject', message['subject']);
  add('Message-ID', message['internetMessageId']);
  if (message['importance'] !== undefined && message['importance'] !== 'normal') add('Importance', message['importance']);
  const headers = message['internetMessageHeaders'];
  if (Array.isArray(headers)) for (const header of headers as Partial<Field>[]) add(header.name ?? '', header.value);
  return fields;
}
