import type { ApiCounts, ApiRemoved, ApiRestored, ApiSampleSent } from '../../api-types.js';
import { count } from '../text/format.js';
import { messagePath, write } from './api.js';
import { counts, mail } from './inbox.js';
import { go, route, wantsListFocus } from './route.js';
import { announce, complain, toast } from './toasts.js';

let undoLast: (() => void) | undefined;

/** Takes the last removal back, if it still can be. */
export const undo = (): void => undoLast?.();

function offerUndo(what: string, { undo: token, undoUntil }: ApiRemoved): void {
  if (!token) return void toast(what);
  const duration = undoUntil ? Math.max(3000, Date.parse(undoUntil) - Date.now()) : 10_000;
  const run = (): void => {
    undoLast = undefined;
    close();
    write<ApiRestored>('POST', 'undo', { undo: token })
      .then(({ restored }) => announce(`${count(restored, 'message')} restored.`))
      .catch(complain);
  };
  const close = toast(what, { action: { label: 'Undo', run }, duration: Math.min(duration, 30_000) });
  undoLast = run;
  announce(`${what} Undo is possible.`);
}

/** Removes what is open, and opens the one below it. */
export async function removeOpen(): Promise<void> {
  const { id, screen, isRefused } = route.peek();
  if (!id || (screen !== 'mail' && screen !== 'refused')) return;
  const index = mail.indexOf(id);
  const row = mail.at(index);
  const next = mail.at(index + 1) ?? mail.at(index - 1);
  const refused = isRefused || screen === 'refused' || row?.kind === 'refused';
  try {
    const path = refused ? `refused/${encodeURIComponent(id)}` : messagePath(row?.id ?? id);
    const removed = await write<ApiRemoved>('DELETE', path);
    if (index >= 0 && next) go({ id: next.id, isRefused: screen === 'mail' && next.kind === 'refused' }, { replace: true });
    else {
      go({ id: null, isRefused: false }, { replace: true });
      wantsListFocus.value = true;
    }
    offerUndo('Deleted.', removed);
  } catch (error) {
    complain(error);
  }
}

/** Removes every row of the list, or of its search. */
export async function removeAll(): Promise<void> {
  const { q } = route.peek();
  const { screen } = route.peek();
  const kinds = screen === 'refused' ? 'refused' : 'message,refused';
  try {
    const removed = await write<ApiRemoved>('DELETE', 'messages', undefined, {
      q: screen === 'mail' || screen === 'refused' ? q : '',
      kinds,
    });
    go({ id: null, isRefused: false }, { replace: true });
    offerUndo(`${count(removed.removed, 'mail')} cleared.`, removed);
  } catch (error) {
    complain(error);
  }
}

export async function markRead(ids: string[] | 'all', read: boolean): Promise<void> {
  try {
    counts.value = await write<ApiCounts>('POST', 'messages/read', { ids, read });
  } catch (error) {
    complain(error);
  }
}

export async function sendSample(): Promise<void> {
  try {
    await write<ApiSampleSent>('POST', 'sample', {});
    announce('A sample was sent.');
  } catch (error) {
    complain(error);
  }
}

/** Puts a text on the clipboard and says so. */
export async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied.`, { duration: 2500 });
    announce(`${what} copied.`);
  } catch {
    toast('The browser did not let the page copy; select the text instead.', { isError: true });
  }
}
