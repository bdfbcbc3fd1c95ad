import { useState } from 'preact/hooks';
import type { ApiEnvelopeRow } from '../../api-types.js';
import { Badge, CopyButton, Foreign, Notice, type Tone } from '../parts/bits.js';
import { count } from '../text/format.js';

const tones: Record<ApiEnvelopeRow['why'], Tone> = {
  to: 'good',
  cc: 'good',
  bcc: 'good',
  'envelope-only': 'accent',
  removed: 'warn',
  bounced: 'bad',
  refused: 'bad',
  'header-kept': 'warn',
};
/** Rows that are there at once; thousands are there on demand. */
const FIRST = 200;

/** Who gets a copy, and why. */
export function Envelope({ rows }: { rows: readonly ApiEnvelopeRow[] }) {
  const [all, setAll] = useState(false);
  if (rows.length === 0) return <Notice>No address is known: the request did not get as far as telling one.</Notice>;
  const getting = rows.filter(({ gets }) => gets);
  const shown = all ? rows : rows.slice(0, FIRST);
  return (
    <div class="envelope">
      <div class="toolbar">
        <strong>
          {count(getting.length, 'address gets', 'addresses get')} a copy
          {getting.length < rows.length &&
            `, ${rows.length - getting.length} of those named ${rows.length - getting.length === 1 ? 'does' : 'do'} not`}
        </strong>
        <span class="spring" />
        <CopyButton text={getting.map(({ address }) => address).join('\n')} what="addresses" />
      </div>
      <div class="table-box" tabIndex={0} role="region" aria-label="Envelope">
        <table>
          <thead>
            <tr>
              <th scope="col">Address</th>
              <th scope="col">To</th>
              <th scope="col">Cc</th>
              <th scope="col">Bcc</th>
              <th scope="col">Gets it</th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row, index) => (
              <tr key={index} class={row.gets ? '' : 'not'}>
                <th scope="row">
                  <Foreign class="address">{row.address}</Foreign>
                  {row.name && (
                    <>
                      {' '}
                      <Foreign class="muted">{row.name}</Foreign>
                    </>
                  )}
                </th>
                <Mark on={row.to} />
                <Mark on={row.cc} />
                <Mark on={row.bcc} />
                <td>
                  <Badge tone={row.gets ? 'good' : tones[row.why]}>{row.gets ? 'yes' : 'no'}</Badge>
                </td>
                <td>
                  <Foreign>{row.detail}</Foreign>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shown.length < rows.length && (
        <button type="button" class="button" onClick={() => setAll(true)}>
          Show all {rows.length.toLocaleString('en')}
        </button>
      )}
    </div>
  );
}

const Mark = ({ on }: { on: boolean }) => <td class="mark-cell">{on ? '✓' : <span class="sr">no</span>}</td>;
