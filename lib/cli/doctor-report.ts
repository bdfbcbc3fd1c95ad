import { inTheirWords } from './connection.js';
import { printableLine } from './printable.js';
import type { Finding } from '../diagnosis/finding.js';
import { wrap } from './wrap.js';

const SIGN: Record<Finding['status'], string> = { pass: '✓', fail: '✗', warn: '!', skip: '-' };
/** Green, red, yellow, dim (ECMA-48, SGR). */
const COLOUR: Record<Finding['status'], number> = { pass: 32, fail: 31, warn: 33, skip: 2 };

/** How findings are shown. */
export interface ReportStyle {
  /** Columns of the terminal; nothing is wrapped without. */
  width?: number | undefined;
  colour?: boolean | undefined;
  /** What the user set for an option, as he would look for it. */
  names?: Readonly<Record<string, string>> | undefined;
}

/** Shows findings one by one; a remedy that was given before is not given again. */
export function createReport({ width, colour = false, names = {} }: ReportStyle = {}): (finding: Finding) => string {
  const given: string[] = [];
  return ({ check, status, message, remedy, code }) => {
    // what a server said cannot steer the terminal
    const text = printableLine(`${check}: ${message}${code && !message.includes(code) ? ` [${code}]` : ''}`);
    const sign = colour ? `\u001b[${COLOUR[status]}m${SIGN[status]}\u001b[0m` : SIGN[status];
    const lines = [`${sign} ${wrap(inTheirWords(text, names), width, 2)}`];
    if (remedy !== undefined && status !== 'pass') {
      const fresh = given
        .reduce((rest, before) => rest.replace(before, ''), printableLine(remedy))
        .replace(/ {2,}/g, ' ')
        .trim();
      given.push(printableLine(remedy));
      if (fresh !== '') lines.push(`    ${wrap(inTheirWords(fresh, names), width, 4)}`);
    }
    return lines.join('\n');
  };
}

/** One check for the terminal: a line, and the remedy under it. */
export function renderFinding(finding: Finding): string {
  return createReport()(finding);
}

/** What it comes to. */
export function renderSummary(findings: readonly Finding[]): string {
  const of = (status: Finding['status']) => findings.filter((finding) => finding.status === status);
  const [failed, warned] = [of('fail').length, of('warn').length];
  if (failed > 0) return `${failed} of ${findings.length} checks failed.`;
  const open = of('skip').filter(({ check }) => check === 'permission' || check === 'mailbox');
  if (open.length > 0 || findings.some(({ check, status }) => check === 'mailbox' && status === 'warn')) {
    return 'Not checked: whether the mailbox may send. Nothing that was checked is wrong.';
  }
  return warned > 0 ? `Mail can be sent; ${warned === 1 ? 'one thing' : `${warned} things`} to look at.` : 'Mail can be sent.';
}

/** Findings for a program. */
export function renderJson(findings: readonly Finding[]): string {
  return JSON.stringify({ ok: isHealthy(findings), findings }, null, 2);
}

/** Whether nothing failed. */
export function isHealthy(findings: readonly Finding[]): boolean {
  return findings.every(({ status }) => status !== 'fail');
}
