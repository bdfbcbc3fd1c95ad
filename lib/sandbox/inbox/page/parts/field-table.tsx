import type { FieldChange } from '../text/compare-fields.js';
import { Badge, Foreign, type Tone } from './bits.js';

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
  return (
    <div class="table-box" role="region" aria-label="Header fields" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col" />
            <th scope="col">{before}</th>
            <th scope="col">{after}</th>
          </tr>
        </thead>
        <tbody>
          {changes.map(({ name, kind, posted, delivered }) => (
            <tr key={name}>
              <th scope="row">
                <Foreign>{name}</Foreign>
              </th>
              <td>
                <Badge tone={words[kind].tone}>{kind === 'same' && same ? same : words[kind].text}</Badge>
              </td>
              <td class="mono">
                <Foreign>{posted.join('\n')}</Foreign>
              </td>
              <td class="mono">{kind === 'same' ? '' : <Foreign>{delivered.join('\n')}</Foreign>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
