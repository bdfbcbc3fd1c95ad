import { computed, signal } from '@preact/signals';
import { formatRoute, parseRoute, type Route } from './routes.js';

/** Where the page is. */
export const route = signal<Route>(parseRoute(location.hash));

/** Whether the route came from the browser (Back, a typed address) and not from a click in the page: the row is then looked for. */
export const cameByHistory = signal(true);

/** Whether the list is to have the focus as soon as it has a row: what had it has gone, or there was nothing to come back from. */
export const wantsListFocus = signal(false);

/** Closes what is open, and goes to the list. */
export function backToList(): void {
  go({ id: null, isRefused: false });
  wantsListFocus.value = true;
}

/** Parts of the route that something depends on, so that it does not change with the others. */
export const screen = computed(() => route.value.screen);
export const query = computed(() => route.value.q);

let written = location.hash;

addEventListener('hashchange', () => {
  cameByHistory.value = location.hash !== written;
  written = location.hash;
  route.value = parseRoute(location.hash);
});

export type Change = Partial<Route>;

/** The address of a place; what is not said stays as it is, but another screen opens without anything open. */
export function linkTo(change: Change): string {
  const { value } = route;
  const leaves = change.screen !== undefined && change.screen !== value.screen;
  const base: Route = leaves ? { ...value, id: null, isRefused: false, mailbox: null, q: '', tab: 'preview' } : value;
  return formatRoute({ ...base, ...change });
}

/** Goes there. `replace`: without a step for Back. */
export function go(change: Change, { replace = false } = {}): void {
  const hash = linkTo(change);
  if (hash === location.hash) return;
  written = hash;
  if (replace) {
    history.replaceState(history.state, '', hash);
    cameByHistory.value = false;
    route.value = parseRoute(hash);
  } else location.hash = hash;
}
