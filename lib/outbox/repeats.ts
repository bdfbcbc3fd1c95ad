/** Milliseconds in which the same text is told once. */
const ONCE_IN = 5000;
/** Texts that are remembered. */
const MOST = 100;

/** Keeps what is said again and again from being said each time, as when Redis cannot be reached. */
export class Repeats {
  readonly #told = new Map<string, { at: number; more: number }>();

  constructor(private readonly now: () => number = Date.now) {}

  /** How often it was kept back since it was told last; `undefined` if it is to be kept back now. */
  hear(text: string): number | undefined {
    const at = this.now();
    const known = this.#told.get(text);
    if (known && at >= known.at && at - known.at < ONCE_IN) {
      known.more++;
      return undefined;
    }
    this.#told.delete(text);
    this.#told.set(text, { at, more: 0 });
    for (const oldest of this.#told.keys()) {
      if (this.#told.size <= MOST) break;
      this.#told.delete(oldest);
    }
    return known?.more ?? 0;
  }
}
