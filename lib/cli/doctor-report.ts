import type { Finding } from '../diagnosis/finding.js';

const SIGN: Record<Finding['status'], string> = { pass: '✓', fail: '✗', warn: '!', skip: '-' };

/** One check for the terminal: a line, and the remedy under it. */
export function renderFinding({ check, status, message, remedy, code }: Finding): string {
  // what a server said cannot steer the terminal
  const line = oneLine(`${SIGN[status]} ${check}: ${message}${code && !message.includes(code) ? ` [${code}]` : ''}`);
  return remedy === undefined || status === 'pass' ? line : `${line}\n    ${oneLine(remedy)}`;
}

/** What it comes to. */
export function renderSummary(findings: readonly Finding[]): string {
  const count = (status: Finding['status']) => findings.filter((finding) => finding.status === status).length;
  const [failed, warned] = [count('fail'), count('warn')];
  if (failed > 0) return `${failed} of ${findings.length} checks failed.`;
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

// eslint-disable-next-line no-control-regex -- exactly those
const oneLine = (text: string) => text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
