import type { ApiMessageRow, ApiRefusedRow, ApiRequestRow, ApiRow } from '../../api-types.js';
import { now } from '../state/clock.js';
import { count, formatBytes, formatDuration, formatTime } from '../text/format.js';
import { Addresses, Badge, Foreign, Status } from './bits.js';
import { Icon } from './icons.js';

const Time = ({ at }: { at: string }) => (
  <time class="time" dateTime={at} title={at}>
    {formatTime(at, new Date(now.value))}
  </time>
);

const NO_SUBJECT = '(no subject)';

export function MailRow({ row }: { row: ApiRow }) {
  return row.kind === 'message' ? <MessageRow row={row} /> : <RefusedRow row={row} />;
}

export function MessageRow({ row }: { row: ApiMessageRow }) {
  const failed = row.statuses.filter((status) => status < 200 || status >= 300);
  return (
    <>
      <span class="line">
        <span class={`mark ${row.read ? 'read' : 'unread'}`} aria-hidden="true" />
        {!row.read && <span class="sr">Unread. </span>}
        <Foreign class={`subject${row.read ? '' : ' unread'}`}>{row.subject || NO_SUBJECT}</Foreign>
        <Time at={row.at} />
      </span>
      <span class="line second">
        <span class="who">
          <span aria-hidden="true">→ </span>
          <span class="sr">to </span>
          <Addresses list={row.recipients} more={row.recipientCount - row.recipients.length} isShort />
        </span>
        {row.attachments > 0 && (
          <span class="muted has-icon" title={count(row.attachments, 'attachment')}>
            <Icon name="attachment" />
            <span class="sr">{count(row.attachments, 'attachment')}</span>
          </span>
        )}
        {row.importance === 'high' && <Badge tone="warn">urgent</Badge>}
        {row.duplicate && <Badge tone="bad">duplicate</Badge>}
        {row.losses.length > 0 && <Badge tone="warn">{count(row.losses.length, 'loss', 'losses')}</Badge>}
        {failed.length > 0 && (
          <Badge tone={row.faulted ? 'accent' : 'warn'} title="Statuses of its requests">
            {summarise(row.statuses)} in {formatDuration(row.totalMs)}
          </Badge>
        )}
      </span>
    </>
  );
}

/** [429, 429, 202] → '429 ×2 → 202'. */
function summarise(statuses: readonly number[]): string {
  const runs: { status: number; times: number }[] = [];
  for (const status of statuses) {
    const last = runs.at(-1);
    if (last?.status === status) last.times++;
    else runs.push({ status, times: 1 });
  }
  return runs.map(({ status, times }) => `${status === 0 ? 'cut' : status}${times > 1 ? ` ×${times}` : ''}`).join(' → ');
}

export function RefusedRow({ row }: { row: ApiRefusedRow }) {
  return (
    <>
      <span class="line">
        <span class="mark refused">
          <Icon name="close" />
        </span>
        <span class="sr">Refused. </span>
        <Foreign class="subject">{row.subject ?? (row.operation === 'token' ? 'Sign-in' : row.operation)}</Foreign>
        <Time at={row.at} />
      </span>
      <span class="line second">
        <Status status={row.status} code={row.code} />
        <Foreign class="who">{row.reason}</Foreign>
        {row.attempts > 1 && <Badge>×{row.attempts}</Badge>}
        {row.faulted && <Badge tone="accent">fault</Badge>}
      </span>
    </>
  );
}

export function RequestRow({ row }: { row: ApiRequestRow }) {
  return (
    <>
      <span class="line">
        <Status status={row.status} />
        <span class="operation">{row.operation}</span>
        {row.fault && <Badge tone="accent">fault</Badge>}
        <Foreign class="subject">{row.subject ?? ''}</Foreign>
        <Time at={row.at} />
      </span>
      <span class="line second">
        <span class="who mono">
          {row.method} {row.path}
        </span>
        {row.code && <Badge tone="bad">{row.code}</Badge>}
        <span class="muted">
          {formatBytes(row.bytes)} · {formatDuration(row.durationMs)}
        </span>
      </span>
    </>
  );
}
