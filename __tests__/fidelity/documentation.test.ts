import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CARRIAGE } from '../../lib/plan/carriage.js';

const page = readFileSync(join(__dirname, '../../docs/fidelity.md'), 'utf8');

/** The rows whose first cell is code, by that. */
const rows = new Map(
  page.split('\n').flatMap((line): [string, string[]][] => {
    const cells = line.split('|').map((cell) => cell.trim());
    const feature = /^`([\w.]+)`$/.exec(cells[1] ?? '')?.[1];
    return feature === undefined ? [] : [[feature, cells.slice(2, -1)]];
  }),
);

const better = { json: 'JSON', mime: 'MIME', none: 'either' } as const;

test.each(Object.entries(CARRIAGE))('docs/fidelity.md says of %s what the code does', (feature, { json, mime, weight }) => {
  const choice = json === mime ? better.none : json === 'yes' ? better.json : better.mime;
  expect(rows.get(feature)).toEqual([expect.any(String), json, mime, `${choice} (${weight})`, expect.stringMatching(/\.$/)]);
});

test('docs/fidelity.md explains nothing that does not exist', () => {
  expect([...rows.keys()].filter((feature) => !Object.hasOwn(CARRIAGE, feature))).toEqual([]);
});
