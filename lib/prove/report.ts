import { VERSION } from '../base/version.js';
import { carriageBy, CARRIAGE } from '../plan/carriage.js';
import {
  REPORT_TOOL,
  REPORT_VERSION,
  settledBy,
  type MeasuredAnswers,
  type MeasuredPoint,
  type Outcome,
  type TenantReport,
} from '../prepared/tenant-facts.js';
import type { Point } from './points.js';

/** What this library says of a point without a measurement. */
export const claimOf = ({ feature, way }: Pick<Point, 'feature' | 'way'>): MeasuredPoint['claimed'] =>
  carriageBy(way, CARRIAGE[feature]) === 'yes' ? 'kept' : 'lost';

/** Puts a report together. @param seen what became of the points, by their names; one that is not there is `missing` */
export function createReport(
  points: readonly Point[],
  seen: ReadonlyMap<string, Outcome>,
  { answers, cloud, made }: { answers: MeasuredAnswers; cloud: string; made: Date },
): TenantReport {
  return {
    tool: REPORT_TOOL,
    version: REPORT_VERSION,
    made: made.toISOString().slice(0, 10),
    library: VERSION,
    cloud,
    points: points.map(({ name, feature, way }) => ({
      feature,
      way,
      claimed: claimOf({ feature, way }),
      inside: seen.get(name) ?? 'missing',
    })),
    answers,
  };
}

/** The report with what another provider's mailbox got. @param seen by feature and way, `json-text` */
export function withOutside(report: TenantReport, seen: ReadonlyMap<string, Outcome>): TenantReport {
  return {
    ...report,
    points: report.points.map((point) => {
      const outside = seen.get(`${point.way}-${point.feature}`);
      return outside === undefined ? point : { ...point, outside };
    }),
  };
}

/** How a measurement stands to what is claimed. */
export type Verdict = 'as claimed' | 'better' | 'worse' | 'open';

export function verdictOf(point: MeasuredPoint): Verdict {
  const settled = settledBy(point);
  if (settled === undefined) return 'open';
  if ((settled === 'yes') === (point.claimed === 'kept')) return 'as claimed';
  return settled === 'yes' ? 'better' : 'worse';
}
