import type { ApiTimelineEntry } from '../../api-types.js';
import { Badge, Foreign, Notice, Status } from '../parts/bits.js';
import { linkTo } from '../state/route.js';
import { count, formatBytes, formatDuration } from '../text/format.js';

const names: Partial<Record<ApiTimelineEntry['operation'], string>> = {
  discovery: 'discovery',
  token: 'sign-in',
  sendMail: 'sendMail',
  createDraft: 'create draft',
  addAttachment: 'attachment',
  createUploadSession: 'upload session',
  uploadChunk: 'chunk',
  send: 'send draft',
  deleteMessage: 'delete draft',
};

/** Every request of a message in its order, as bars over the time it took. */
export function Timeline({ entries }: { entries: readonly ApiTimelineEntry[] }) {
  if (entries.length === 0) return <Notice>Its requests are no longer remembered.</Notice>;
  const span = Math.max(1, ...entries.map(({ offsetMs, durationMs }) => offsetMs + durationMs));
  const repeats = entries.filter(({ repeat }) => repeat).length;
  const chunks = entries.filter(({ chunk, status }) => chunk && status > 0 && status < 300);
  return (
    <div class="timeline">
      <p class="muted">
        {count(entries.length, 'request')} in {formatDuration(span)}
        {repeats > 0 && `, ${count(repeats, 'repeat')}`}
        {chunks.length > 0 &&
          `, ${count(chunks.length, 'chunk')} of ${formatBytes(chunks.reduce((sum, { chunk }) => sum + (chunk ? chunk.to - chunk.from + 1 : 0), 0))}`}
      </p>
      <ol role="list">
        {entries.map((entry) => (
          <Entry key={entry.requestId} entry={entry} span={span} />
        ))}
      </ol>
    </div>
  );
}

function Entry({ entry, span }: { entry: ApiTimelineEntry; span: number }) {
  const { operation, status, code, chunk, fault, repeat, retryAfterMs, gapMs, attachment, reason } = entry;
  // gaps of a few milliseconds are the client's own work, and no pause
  const pause = gapMs >= 100;
  return (
    <li>
      {pause && (
        <p class="gap muted">
          <span aria-hidden="true">⋮ </span>
          {formatDuration(gapMs)} pause
        </p>
      )}
      <div class="entry">
        <span class="what">
          <a href={linkTo({ screen: 'requests', id: entry.requestId, q: '' })}>{names[operation] ?? operation}</a>
          {repeat && <Badge>repeat</Badge>}
          {fault && (
            <Badge tone="accent" title={fault.label}>
              fault
            </Badge>
          )}
          {attachment && <Foreign class="muted">{attachment}</Foreign>}
          {chunk && (
            <span class="muted">
              bytes {chunk.from.toLocaleString('en')}–{chunk.to.toLocaleString('en')} of {chunk.total.toLocaleString('en')}
            </span>
          )}
        </span>
        <Status status={status} code={code} />
        <span class="muted numbers">
          {formatBytes(entry.bytes)} · {formatDuration(entry.durationMs)}
        </span>
        <span class="muted numbers" title={entry.newConnection ? 'The first request of this connection' : 'The connection was used before'}>
          #{entry.connection}
          {entry.newConnection && ' new'}
        </span>
        <span class="track" aria-hidden="true">
          <span
            class={`bar-part ${status >= 200 && status < 300 ? 'good' : 'bad'}`}
            style={{
              insetInlineStart: `${(100 * entry.offsetMs) / span}%`,
              inlineSize: `${Math.max(0.5, (100 * entry.durationMs) / span)}%`,
            }}
          />
        </span>
        {chunk && status >= 200 && status < 300 && (
          <progress class="chunk" max={chunk.total} value={chunk.to + 1} aria-label={`Uploaded of ${chunk.name}`}>
            {Math.round((100 * (chunk.to + 1)) / chunk.total)} %
          </progress>
        )}
        {(reason || retryAfterMs !== null) && (
          <span class="reason">
            {reason && <Foreign>{reason}</Foreign>}
            {retryAfterMs !== null && <span class="muted"> Asked to wait {formatDuration(retryAfterMs)}.</span>}
          </span>
        )}
      </div>
    </li>
  );
}
