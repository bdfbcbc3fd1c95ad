export const screens = ['mail', 'refused', 'drafts', 'sent', 'bounces', 'requests', 'faults', 'token', 'connect'] as const;
export type Screen = (typeof screens)[number];

export const messageTabs = [
  'preview',
  'text',
  'envelope',
  'graph',
  'plan',
  'smtp',
  'timeline',
  'headers',
  'source',
  'attachments',
  'checks',
  'test',
] as const;
export type MessageTab = (typeof messageTabs)[number];

/** Where the page is; everything a link can say. */
export interface Route {
  screen: Screen;
  /** Of the Sent Items screen. */
  mailbox: string | null;
  /** What is open; `latest` for the newest message. */
  id: string | null;
  /** The open row of the Mail screen is a refused send. */
  isRefused: boolean;
  tab: MessageTab;
  q: string;
}

const isScreen = (name: string): name is Screen => (screens as readonly string[]).includes(name);
const isTab = (name: string): name is MessageTab => (messageTabs as readonly string[]).includes(name);

/** Reads `#/mail/{id}/{tab}?q=`; what it does not know becomes the list of all mail. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [first = '', ...rest] = path.split('/').map(decode);
  const screen = isScreen(first) ? first : 'mail';
  const mailbox = screen === 'sent' ? (rest.shift() ?? null) : null;
  const isRefused = screen === 'mail' && rest[0] === 'refused';
  if (isRefused) rest.shift();
  const [id = '', tab = ''] = rest;
  return {
    screen,
    mailbox: mailbox || null,
    id: id || null,
    isRefused,
    tab: isTab(tab) ? tab : 'preview',
    q: new URLSearchParams(query).get('q') ?? '',
  };
}

export function formatRoute({ screen, mailbox, id, isRefused, tab, q }: Route): string {
  const path = [screen, ...(screen === 'sent' && mailbox ? [mailbox] : []), ...(isRefused ? ['refused'] : []), ...(id ? [id] : [])];
  if (id && !isRefused && (screen === 'mail' || screen === 'sent') && tab !== 'preview') path.push(tab);
  const query = q ? `?${new URLSearchParams({ q }).toString()}` : '';
  return `#/${path.map(encodeURIComponent).join('/')}${query}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
