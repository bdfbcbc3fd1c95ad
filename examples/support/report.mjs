import { formatTable } from './table.mjs';

/** A table of all deliveries, then what differs, then the sum. */
export function report(results) {
  const rows = results.map(({ name, format = '-', route = '-', recipients = 0, parts = 'nothing', differences, losses }) => [
    name,
    format,
    route,
    String(recipients),
    parts,
    differences.length === 0 ? 'yes' : 'NO',
    losses.map(({ feature }) => feature).join(', ') || '-',
  ]);
  const table = formatTable([['sent', 'format', 'route', 'to', 'arrived', 'intact', 'losses told'], ...rows]);
  const damaged = results.filter(({ differences }) => differences.length > 0);
  const details = damaged.flatMap(({ name, differences }) => ['', name, ...differences.map((difference) => `  ${difference}`)]);
  return [table, ...details, '', `${results.length - damaged.length} of ${results.length} messages arrived intact.`].join('\n');
}
