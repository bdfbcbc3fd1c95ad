import { randomBytes } from 'node:crypto';

/** What every subject has in it: `[prove 0f1e2d3c4b5a json-text]`; by it the messages of a run are found again and deleted. */
const FORMAT = /\[prove ([0-9a-f]{12}) ([A-Za-z-]+)\]/;

/** What finds the messages of all runs. */
export const ANY_RUN = '[prove ';

export const newRun = (): string => randomBytes(6).toString('hex');

/** What finds the messages of one run. */
export const markerOf = (run: string): string => `${ANY_RUN}${run} `;

export const subjectOf = (run: string, name: string): string => `Proof of what arrives ${markerOf(run)}${name}]`;

/** Run and name in a subject, whatever stands around them, such as "Undeliverable:". */
export function readMarker(subject: string): { run: string; name: string } | undefined {
  const [, run, name] = FORMAT.exec(subject) ?? [];
  return run === undefined || name === undefined ? undefined : { run, name };
}
