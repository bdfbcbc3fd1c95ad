import type { FieldChange } from '../text/compare-fields.js';
import { Foreign, type Tone } from './bits.js';
import { ComparisonTable } from './comparison-table.js';

const words: Record<FieldChange['kind'], { text: string; tone: Tone }> = {
  same: { text: 'as posted', tone: 'good' },
  changed: { text: 'changed', tone: 'warn' },
  missing: { text: 'missing', tone: 'bad' },
  added: { text: 'added', tone: 'plain' },
  hidden: { text: 'never shown', tone: 'plain' },
};

/** Header fields of two messages beside each other. */
export function FieldTable({
  changes,
  before,
  after,
  same,
}: {
  changes: readonly FieldChange[];
  before: string;
  after: string;
  same?: string;
}) {
  const rows = changes.map(({ name, kind, posted, delivered }) => ({
    name,
    tone: words[kind].tone,
    verdict: kind === 'same' && same ? same : words[kind].text,
    before: <Foreign>{posted.join('\n')}</Foreign>,
    after: kind !== 'same' && <Foreign>{delivered.join('\n')}</Foreign>,
  }));
  return <ComparisonTable label="Header fields" what="Field" before={before} after={after} rows={rows} mono />;
}
