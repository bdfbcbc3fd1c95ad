import { readFileSync } from 'node:fs';
import { configError, show } from '../errors/config-error.js';
import { factsOf, findReportProblem, type TenantFacts, type TenantReport } from '../prepared/tenant-facts.js';

/** A report is some kB; what is larger is another file. */
const MOST_BYTES = 1024 * 1024;

/**
 * Reads what `prove` has written: the path of the file, or what stands in it.
 *
 * @throws {GraphTransportError} `ECONFIG` that names the field, what was expected and what came
 */
export function readTenantFacts(value: unknown): TenantFacts | undefined {
  if (value === undefined) return undefined;
  const report = typeof value === 'string' ? readReport(value) : value;
  const problem = findReportProblem(report);
  if (!problem) return factsOf(report as TenantReport);
  const { field, expected, got } = problem;
  const where = field === '' ? 'it' : `"${field}"`;
  throw configError(`"tenantFacts" must be a report of "nodemailer-graph-transport prove": ${where} must be ${expected}, not ${show(got)}`);
}

function readReport(path: string): unknown {
  const what = `"tenantFacts" must be the path of a report of "nodemailer-graph-transport prove"`;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw configError(`${what}; ${show(path)} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`);
  }
  if (text.length > MOST_BYTES) throw configError(`${what}; ${show(path)} is too large for one`);
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw configError(`${what}; ${show(path)} is no JSON`);
  }
}
