import { useState } from 'preact/hooks';
import type { ApiMessage } from '../../api-types.js';
import { CopyButton, Foreign, Notice } from '../parts/bits.js';

export function Headers({ message }: { message: ApiMessage }) {
  return <HeaderTable headers={message.headers} label="Headers a recipient gets" hasFilter />;
}

export function HeaderTable(props: { headers: readonly { name: string; value: string }[]; label: string; hasFilter?: boolean }) {
  const { headers, label, hasFilter = false } = props;
  const [filter, setFilter] = useState('');
  const wanted = filter.toLowerCase();
  const shown = headers.filter(({ name, value }) => `${name}: ${value}`.toLowerCase().includes(wanted));
  return (
    <div class="headers">
      {hasFilter && (
        <div class="toolbar">
          <input
            type="search"
            aria-label="Filter headers"
            placeholder="Filter"
            value={filter}
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
          <span class="spring" />
          <CopyButton text={headers.map(({ name, value }) => `${name}: ${value}`).join('\n')} what="headers" />
        </div>
      )}
      {shown.length === 0 ? (
        <Notice>None.</Notice>
      ) : (
        <div class="table-box" tabIndex={0} role="region" aria-label={label}>
          <table>
            <tbody>
              {shown.map(({ name, value }, index) => (
                <tr key={index}>
                  <th scope="row">
                    <Foreign>{name}</Foreign>
                  </th>
                  <td class="mono">
                    <Foreign>{value}</Foreign>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
