/** What did not arrive as it was sent, message by message, and one line for all of them. */
export function summarise(results) {
  const damaged = results.filter(({ differences }) => differences.length > 0);
  const details = damaged.flatMap(({ name, differences }) => [name, ...differences.map((difference) => `  ${difference}`), '']);
  return ['', ...details, `${results.length - damaged.length} of ${results.length} messages arrived intact.`].join('\n');
}
