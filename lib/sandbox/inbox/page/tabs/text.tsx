import { useMemo } from 'preact/hooks';
import { tokeniseText } from '../../tokenise-text.js';
import type { ApiMessage } from '../../api-types.js';
import { CopyButton, Notice } from '../parts/bits.js';
import { Loaded } from '../parts/loaded.js';
import { NotKept } from '../parts/not-kept.js';
import { SHOWN_BYTES } from '../parts/code-view.js';
import { useResource } from '../parts/use-resource.js';
import { getText, messagePath } from '../state/api.js';
import { formatBytes } from '../text/format.js';

/** @param note stands before the size */
export function Text({ message, note }: { message: ApiMessage; note?: string }) {
  const { text, content } = message;
  const resource = useResource(`text ${message.id}`, 0, () =>
    text ? getText(messagePath(message.id, 'text'), { limit: SHOWN_BYTES }) : Promise.resolve({ text: '', total: 0 }),
  );
  if (content === 'not-kept') return <NotKept />;
  if (!text)
    return (
      <Notice tone="warn">This mail has no plain text. Some recipients read nothing else, and filters count it against a mail.</Notice>
    );
  return <Loaded resource={resource}>{(loaded) => <Body {...loaded} note={note} />}</Loaded>;
}

function Body({ text, total, note }: { text: string; total: number; note: string | undefined }) {
  const pieces = useMemo(() => tokeniseText(text), [text]);
  return (
    <div class="text-tab">
      <div class="toolbar">
        <span class="muted">
          {note && `${note} · `}
          {formatBytes(total)}
          {total > SHOWN_BYTES && `, the first ${formatBytes(SHOWN_BYTES)} of it`}
        </span>
        <span class="spring" />
        <CopyButton text={text} what="text" />
      </div>
      <div class="plain-text" dir="auto">
        {pieces.map((piece, index) =>
          piece.kind === 'link' ? (
            <a key={index} href={piece.href} target="_blank" rel="noopener noreferrer">
              {piece.text}
            </a>
          ) : (
            piece.text
          ),
        )}
      </div>
    </div>
  );
}
