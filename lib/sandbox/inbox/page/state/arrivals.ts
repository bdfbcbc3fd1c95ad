import { effect, signal } from '@preact/signals';
import type { ApiRow } from '../../api-types.js';
import { count } from '../text/format.js';
import { isLeader } from './live.js';
import { go, route } from './route.js';
import { follows, notifies } from './settings.js';
import { announce } from './toasts.js';

/** A burst ends when that many milliseconds bring nothing new. */
const BURST = 600;

let burst: ApiRow[] = [];
let timer = 0;

/** Mails that came while nobody looked, for the title. */
export const unseen = signal(0);

/** Tells of new rows, newest first: at once what follows them, once per burst what would get on one's nerves. */
export function noteArrivals(rows: readonly ApiRow[]): void {
  const newest = rows.find(({ kind }) => kind === 'message');
  if (follows.peek() && newest && route.peek().screen === 'mail') go({ id: newest.id, isRefused: false }, { replace: true });
  if (document.hidden) unseen.value += rows.length;
  burst = [...rows, ...burst].slice(0, 1000);
  clearTimeout(timer);
  timer = setTimeout(tell, BURST);
}

function tell(): void {
  const rows = burst;
  burst = [];
  const refused = rows.filter(({ kind }) => kind === 'refused').length;
  const arrived = rows.length - refused;
  const parts = [...(arrived ? [count(arrived, 'new mail')] : []), ...(refused ? [count(refused, 'refused send')] : [])];
  const [newest] = rows;
  const text = rows.length === 1 && newest ? `${parts[0]}: ${newest.subject ?? newest.id}` : parts.join(', ');
  announce(text);
  if (!notifies.peek() || !document.hidden || !isLeader() || Notification.permission !== 'granted') return;
  const shown = new Notification(parts.join(', '), {
    body: rows
      .slice(0, 3)
      .map((row) => row.subject ?? '')
      .join('\n'),
    tag: 'inbox',
  });
  shown.onclick = () => {
    window.focus();
    shown.close();
  };
}

/** The icon, a `data:` address of an SVG, with a number in its corner. */
export function withBadge(icon: string, number: number): string {
  const badge = `<circle cx='11' cy='11' r='5' fill='#c50f1f'/><text x='11' y='13.6' font-family='sans-serif' font-size='7.5' font-weight='bold' text-anchor='middle' fill='#fff'>${number > 9 ? '9+' : number}</text></svg>`;
  return icon.replace(/%3C\/svg%3E$/i, encodeURIComponent(badge));
}

export function watchTitle(): void {
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) unseen.value = 0;
  });
  const icon = document.querySelector<HTMLLinkElement>('link[rel=icon]');
  const plain = icon?.href ?? '';
  effect(() => {
    const { value } = unseen;
    document.title = value > 0 ? `(${value}) Inbox · sandbox` : 'Inbox · sandbox';
    if (icon) icon.href = value > 0 ? withBadge(plain, value) : plain;
  });
}
