import type { ApiDraft, ApiRemoved } from '../../api-types.js';
import { write } from '../state/api.js';
import { now } from '../state/clock.js';
import { drafts } from '../state/inbox.js';
import { announce, complain } from '../state/toasts.js';
import { Addresses, Badge, Button, Foreign, Notice } from '../parts/bits.js';
import { count, formatBytes, formatTime } from '../text/format.js';

async function remove(id: string): Promise<void> {
  try {
    await write<ApiRemoved>('DELETE', `drafts/${encodeURIComponent(id)}`);
    announce('Draft deleted.');
  } catch (error) {
    complain(error);
  }
}

/** Drafts that were neither sent nor deleted: one that stays is a bug, or a send under way. */
export function Drafts() {
  const list = drafts.value;
  return (
    <div class="page">
      <header>
        <h1>Drafts</h1>
        <p class="muted">A draft that stays was neither sent nor deleted: the app was ended, or has left it behind.</p>
      </header>
      {list.length === 0 ? (
        <Notice tone="good">No draft was left behind.</Notice>
      ) : (
        <ul class="cards" role="list">
          {list.map((draft) => (
            <Draft key={draft.id} draft={draft} />
          ))}
        </ul>
      )}
    </div>
  );
}

function Draft({ draft }: { draft: ApiDraft }) {
  const { subject, mailbox, recipients, recipientCount, attachments, uploads } = draft;
  return (
    <li class="card">
      <div class="line">
        <Foreign class="strong">{subject || '(no subject)'}</Foreign>
        <span class="spring" />
        <time class="muted" dateTime={draft.createdAt}>
          {formatTime(draft.createdAt, new Date(now.value))}
        </time>
        <Button icon="bin" kind="quiet" label={`Delete the draft ${subject}`} onClick={() => void remove(draft.id)} />
      </div>
      <p class="muted">
        <Foreign>{mailbox}</Foreign> → <Addresses list={recipients} more={recipientCount - recipients.length} /> · {formatBytes(draft.size)}
      </p>
      {attachments.length > 0 && (
        <p>
          {count(attachments.length, 'attachment')}:{' '}
          {attachments.map(({ name, size }, index) => (
            <span key={index}>
              {index > 0 && ', '}
              <Foreign>{name}</Foreign> <span class="muted">{formatBytes(size)}</span>
            </span>
          ))}
        </p>
      )}
      {uploads.map(({ name, size, received, expiresAt }) => (
        <p key={name} class="upload">
          <Foreign>{name}</Foreign>
          <progress max={size} value={received} aria-label={`Uploaded of ${name}`} />
          <span class="muted">
            {formatBytes(received)} of {formatBytes(size)}
          </span>
          {Date.parse(expiresAt) < now.value && <Badge tone="warn">expired</Badge>}
        </p>
      ))}
    </li>
  );
}
