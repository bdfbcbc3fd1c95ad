import { readFileSync } from 'node:fs';
import { configError, show } from '../errors/config-error.js';
import { CLOUDS, type Cloud } from '../graph/clouds.js';
import { factsOf, findReportProblem, type TenantFacts, type TenantReport } from '../prepared/tenant-facts.js';

/** A report is some kB; what is larger is another file. */
const MOST_BYTES = 1024 * 1024;

/**
 * Reads what `prove` has written: the path of the file, or what stands in it.
 *
 * @param cloud where the app's tenant is; a report of another cloud is another tenant's. A report of hosts of one's own fits anywhere
 * @throws {GraphTransportError} `ECONFIG` that names the field, what was expected and what came
 */
export function readTenantFacts(value: unknown, cloud?: Cloud): TenantFacts | undefined {
  if (value === undefined) return undefined;
  const report = typeof value === 'string' ? readReport(value) : value;
  const problem = findReportProblem(report);
  if (!problem) {
    const { cloud: reported } = report as TenantReport;
    if (cloud !== undefined && reported !== cloud && Object.hasOwn(CLOUDS, reported))
      throw configError(
        `"tenantFacts" must be a report of this tenant: it was made in the cloud ${show(reported)}, and this one is in ${show(cloud)}`,
      );
    return factsOf(report as TenantReport);
  }
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
