import { defaultError, Refusal } from './refusal.js';
import type { Item } from './item.js';

/** Marks a message as being written to. @throws Refusal 409 where it already is */
export function occupy(item: Item): () => void {
  if (item.busy) throw new Refusal(409, ...defaultError(409));
  item.busy = true;
  return () => {
    item.busy = false;
  };
}
