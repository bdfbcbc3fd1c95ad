import type { FaultRule, SandboxRequest } from './types.js';

/** A rule that strikes a request. */
export interface Strike {
  rule: FaultRule;
  /** Takes the hit back, as if the rule had not matched. */
  giveBack(): void;
}

interface Entry {
  rule: FaultRule;
  hits: number;
  toSkip: number;
}

/** The scripted faults of a sandbox; the first rule added that matches wins. */
export class Faults {
  readonly #entries = new Set<Entry>();

  add(rule: FaultRule): { readonly hits: number; remove(): void } {
    const entry: Entry = { rule: { ...rule }, hits: 0, toSkip: rule.skip ?? 0 };
    const entries = this.#entries;
    entries.add(entry);
    return {
      get hits() {
        return entry.hits;
      },
      remove: () => void entries.delete(entry),
    };
  }

  /** The fault for this request, if any; counts it. */
  take(request: SandboxRequest): Strike | undefined {
    for (const entry of this.#entries) {
      if (entry.hits >= (entry.rule.times ?? 1) || !matches(entry.rule, request)) continue;
      if (entry.toSkip > 0) {
        entry.toSkip--;
        continue;
      }
      entry.hits++;
      return { rule: entry.rule, giveBack: () => void entry.hits-- };
    }
    return undefined;
  }

  clear(): void {
    this.#entries.clear();
  }
}

function matches(rule: FaultRule, request: SandboxRequest): boolean {
  const operations = rule.operation === undefined ? undefined : [rule.operation].flat();
  const fits = operations ? operations.includes(request.operation) : request.operation !== 'discovery' && request.operation !== 'token';
  if (!fits) return false;
  if (rule.mailbox !== undefined && rule.mailbox.toLowerCase() !== request.mailbox?.toLowerCase()) return false;
  return rule.match?.(request) ?? true;
}
