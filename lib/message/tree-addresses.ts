import type { MimeTreeNode, ParsedAddress } from './nodemailer.js';

type AddressHeader = 'from' | 'sender' | 'reply-to' | 'to' | 'cc' | 'bcc';

const NAMES = new Map<string, AddressHeader>(
  (['From', 'Sender', 'Reply-To', 'To', 'Cc', 'Bcc'] as const).flatMap((name) => {
    const lower = name.toLowerCase() as AddressHeader;
    return [
      [name, lower],
      [lower, lower],
    ];
  }),
);

/** What the root's address headers say. */
export interface TreeAddresses {
  /** By header name in lower case: each address once, members of groups among them. */
  lists: Partial<Record<AddressHeader, ParsedAddress[]>>;
  envelope: { from: string | false; to: string[] };
  /** Whether To or Cc have named groups. */
  grouped: boolean;
}

/**
 * What Nodemailer's `getAddresses()` and `getEnvelope()` say, with each header parsed only once: parsing is most of the work that
 * reading a small message takes.
 */
export function readTreeAddresses(tree: MimeTreeNode): TreeAddresses {
  const lists: TreeAddresses['lists'] = {};
  const recipients = new Set<string>();
  let from: string | false = false;
  let grouped = false;
  for (const { key, value } of tree._headers) {
    const name = NAMES.get(key) ?? NAMES.get(key.toLowerCase());
    if (!name) continue;
    const { parsed, list } = parse(tree, value);
    const known = lists[name];
    lists[name] = known ? unique([...known, ...list]) : list;
    if (key === 'From' || (!from && (key === 'Reply-To' || key === 'Sender'))) from = list[0]?.address ?? from;
    else if (key === 'To' || key === 'Cc' || key === 'Bcc') for (const { address } of list) recipients.add(address);
    if (name === 'to' || name === 'cc') grouped ||= hasGroup(parsed);
  }
  // given by the app, or made up by a plugin
  const given = Boolean(tree._envelope) || Object.hasOwn(tree, 'getEnvelope');
  return { lists, envelope: given ? tree.getEnvelope() : { from, to: [...recipients] }, grouped };
}

/** One address that is written as simply as can be, and that Nodemailer would leave as it is. */
const PLAIN = /^[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:(?!xn--)[a-z0-9]+(?:-+[a-z0-9]+)*\.)+[a-z]{2,}$/;

/** Entries as they are written, and the addresses in them, each once. */
function parse(tree: MimeTreeNode, value: unknown): { parsed: ParsedAddress[]; list: ParsedAddress[] } {
  if (typeof value === 'string' && PLAIN.test(value)) {
    const list = [{ address: value, name: '' }];
    return { parsed: list, list };
  }
  const parsed = tree._parseAddresses(value);
  const list: ParsedAddress[] = [];
  tree._convertAddresses(parsed, list);
  return { parsed, list };
}

/** Whether there is a group with a name; Nodemailer 7 gives one without a name none at all. */
export function hasGroup(addresses: readonly ParsedAddress[]): boolean {
  return addresses.some(({ group, name }) => group !== undefined && Boolean(name));
}

function unique(addresses: readonly ParsedAddress[]): ParsedAddress[] {
  const seen = new Set<string>();
  return addresses.filter(({ address }) => !seen.has(address) && seen.add(address));
}
