import { signal } from '@preact/signals';

/** Now, as often as a countdown needs it. */
export const now = signal(Date.now());

export function startClock(): void {
  setInterval(() => {
    if (!document.hidden) now.value = Date.now();
  }, 1000);
}
