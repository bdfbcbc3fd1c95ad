import { effect, signal, type Signal } from '@preact/signals';

/** A choice that outlives the page, where the browser lets it. */
function remembered<T extends string | boolean>(name: string, initial: T, isValid: (value: unknown) => value is T): Signal<T> {
  const key = `nodemailer-graph-transport inbox ${name}`;
  let stored: unknown;
  try {
    stored = JSON.parse(localStorage.getItem(key) ?? 'null');
  } catch {
    // not allowed, or not ours
  }
  const value = signal<T>(isValid(stored) ? stored : initial);
  effect(() => {
    try {
      localStorage.setItem(key, JSON.stringify(value.value));
    } catch {
      // not allowed
    }
  });
  return value;
}

const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isOneOf =
  <T extends string>(...choices: T[]) =>
  (value: unknown): value is T =>
    choices.includes(value as T);

export type Theme = 'auto' | 'light' | 'dark';
export type Width = '320' | '375' | '768' | '100%';

export const theme = remembered<Theme>('theme', 'auto', isOneOf('auto', 'light', 'dark'));
export const hasShortcuts = remembered<boolean>('shortcuts', true, isBoolean);
export const notifies = remembered<boolean>('notifications', false, isBoolean);
export const previewWidth = remembered<Width>('width', '100%', isOneOf('320', '375', '768', '100%'));
export const checkClients = remembered<string>('clients', 'Outlook', (value): value is string => typeof value === 'string');
/** Opens every mail that comes. Of this tab, and forgotten with it. */
export const follows = signal(false);

effect(() => {
  if (theme.value === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme.value;
});
