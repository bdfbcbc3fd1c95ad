import type { FaultRule, SandboxFault, SandboxRequest } from './types.js';

/** A rule that strikes a request. */
export interface Strike {
  id: string;
  rule: FaultRule;
  /** Takes the hit back, as if the rule had not matched. */
  giveBack(): void;
}

/** What happened to a fault. */
export type FaultChange = 'armed' | 'hit' | 'removed';

class Fault implements SandboxFault {
  readonly createdAt = new Date();
  hits = 0;
  toSkip: number;

  constructor(
    readonly id: string,
    readonly rule: FaultRule,
    readonly remove: () => void,
  ) {
    this.toSkip = rule.skip ?? 0;
  }

  get remaining(): number {
    return Math.max(0, (this.rule.times ?? 1) - this.hits);
  }
}

/** The scripted faults of a sandbox; the first rule added that matches wins. */
export class Faults {
  readonly #faults = new Map<string, Fault>();
  #count = 0;
  /** Who wants to know; the inbox. */
  onChange: ((fault: SandboxFault, change: FaultChange) => void) | undefined;

  add(rule: FaultRule): SandboxFault {
    const id = `f${++this.#count}`;
    const fault = new Fault(id, { ...rule }, () => {
      if (this.#faults.delete(id)) this.onChange?.(fault, 'removed');
    });
    this.#faults.set(id, fault);
    this.onChange?.(fault, 'armed');
    return fault;
  }

  list(): SandboxFault[] {
    return [...this.#faults.values()];
  }

  find(id: string): SandboxFault | undefined {
    return this.#faults.get(id);
  }

  /** The fault for this request, if any; counts it. */
  take(request: SandboxRequest): Strike | undefined {
    for (const fault of this.#faults.values()) {
      if (fault.remaining === 0 || !matches(fault.rule, request)) continue;
      if (fault.toSkip > 0) {
        fault.toSkip--;
        continue;
      }
      fault.hits++;
      this.onChange?.(fault, 'hit');
      const giveBack = (): void => {
        fault.hits--;
        this.onChange?.(fault, 'hit');
      };
      return { id: fault.id, rule: fault.rule, giveBack };
    }
    return undefined;
  }

  clear(): void {
    for (const fault of this.list()) fault.remove();
  }
}

function matches(rule: FaultRule, request: SandboxRequest): boolean {
  const operations = rule.operation === undefined ? undefined : [rule.operation].flat();
  const fits = operations ? operations.includes(request.operation) : request.operation !== 'discovery' && request.operation !== 'token';
  if (!fits) return false;
  if (rule.mailbox !== undefined && rule.mailbox.toLowerCase() !== request.mailbox?.toLowerCase()) return false;
  return rule.match?.(request) ?? true;
}
