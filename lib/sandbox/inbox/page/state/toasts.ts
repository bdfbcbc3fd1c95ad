import { signal } from '@preact/signals';

export interface Toast {
  id: number;
  text: string;
  isError: boolean;
  action?: { label: string; run: () => void };
}

const SHOWN_FOR = 8000;

export const toasts = signal<readonly Toast[]>([]);
/** What a screen reader says: once per burst, not once per mail. */
export const announcement = signal('');

let lastId = 0;
let spoken = 0;

export function toast(text: string, options: { isError?: boolean; action?: Toast['action']; duration?: number } = {}): () => void {
  const id = ++lastId;
  const { isError = false, action, duration = SHOWN_FOR } = options;
  // the newest three; what can be undone is the last removal anyway
  toasts.value = [...toasts.value.slice(-2), { id, text, isError, ...(action && { action }) }];
  const close = (): void => void (toasts.value = toasts.value.filter((other) => other.id !== id));
  setTimeout(close, duration);
  return close;
}

export const complain = (error: unknown): void => void toast(error instanceof Error ? error.message : String(error), { isError: true });

/** Says it once more even if it is the same: a text that does not change is not read. */
export function announce(text: string): void {
  announcement.value = ++spoken % 2 ? text : `${text}\u00A0`;
}
