import { markRead, removeOpen, undo } from '../state/actions.js';
import { mail, requests, sent } from '../state/inbox.js';
import { backToList, go, route } from '../state/route.js';
import { messageTabs, screens } from '../state/routes.js';
import { follows, hasShortcuts } from '../state/settings.js';
import { helpIsOpen } from './help.js';

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Opens the row that many rows below the open one. */
export function step(by: 1 | -1): void {
  const { screen, id } = route.peek();
  const list = screen === 'requests' ? requests : screen === 'sent' ? sent : mail;
  const index = id === null ? -1 : list.indexOf(id);
  const target = index < 0 ? 0 : index + by;
  if (target < 0 || target >= list.total.peek()) return;
  const open = (): void => {
    const row = list.at(target);
    if (row) go({ id: row.id, isRefused: screen === 'mail' && 'kind' in row && row.kind === 'refused' });
  };
  if (list.at(target)) open();
  else void list.need(target, target + 1).then(open);
}

function stepTab(by: 1 | -1): void {
  const { screen, id, tab, isRefused } = route.peek();
  if (!id || isRefused || (screen !== 'mail' && screen !== 'sent')) return;
  const next = messageTabs[(messageTabs.indexOf(tab) + by + messageTabs.length) % messageTabs.length];
  if (next) go({ tab: next }, { replace: true });
}

const actions: Partial<Record<string, () => void>> = {
  j: () => step(1),
  k: () => step(-1),
  '[': () => stepTab(-1),
  ']': () => stepTab(1),
  '/': () => document.getElementById('search')?.focus(),
  f: () => void (follows.value = !follows.peek()),
  m: () => {
    const { id, screen, isRefused } = route.peek();
    if (id && screen === 'mail' && !isRefused) void markRead([id], false);
  },
  '#': () => void removeOpen(),
  Delete: () => void removeOpen(),
  z: undo,
  u: backToList,
  Escape: backToList,
  '?': () => void (helpIsOpen.value = true),
};

/** Single keys, where the reader has not switched them off, never while he types and never with a modifier. */
export function startShortcuts(): void {
  document.addEventListener('keydown', (event) => {
    if (!hasShortcuts.peek() || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    if (isTyping(event.target) || helpIsOpen.peek()) return;
    const section = /^[1-9]$/.test(event.key) ? screens[Number(event.key) - 1] : undefined;
    const action = section ? () => go({ screen: section, id: null, isRefused: false, q: '' }) : actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
