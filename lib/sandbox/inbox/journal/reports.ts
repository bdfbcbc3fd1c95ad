import type { SmtpReport } from '../../wire-types.js';

/** Each has at most 64 kB, as every posted body. */
const MOST = 500;

/** What apps told of what SMTP would have sent, by Message-ID; the oldest go first. */
export class Reports {
  readonly #reports = new Map<string, SmtpReport>();

  add(report: SmtpReport): void {
    this.#reports.delete(report.messageId);
    this.#reports.set(report.messageId, report);
    const [oldest] = this.#reports.keys();
    if (this.#reports.size > MOST && oldest !== undefined) this.#reports.delete(oldest);
  }

  find(messageId: string): SmtpReport | undefined {
    return this.#reports.get(messageId);
  }

  clear(): void {
    this.#reports.clear();
  }
}
