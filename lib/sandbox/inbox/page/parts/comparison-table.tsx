import type { ComponentChildren } from 'preact';
import { Badge, Foreign, type Tone } from './bits.js';

/** One thing on both sides. */
export interface ComparisonRow {
  name: string;
  tone: Tone;
  /** What became of it, in a word or two. */
  verdict: string;
  before: ComponentChildren;
  after: ComponentChildren;
}

/** Two sides of a message beside each other, a row for each thing. */
export function ComparisonTable({
  label,
  what,
  before,
  after,
  rows,
  mono = false,
}: {
  label: string;
  /** What a row is about, such as `Field`. */
  what: string;
  before: string;
  after: string;
  rows: readonly ComparisonRow[];
  /** Whether the sides are text as it was sent. */
  mono?: boolean;
}) {
  const side = mono ? 'mono' : undefined;
  return (
    <div class="table-box" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{what}</th>
            <th scope="col" />
            <th scope="col">{before}</th>
            <th scope="col">{after}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              <th scope="row">
                <Foreign>{row.name}</Foreign>
              </th>
              <td>
                <Badge tone={row.tone}>{row.verdict}</Badge>
              </td>
              <td class={side}>{row.before}</td>
              <td class={side}>{row.after}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
