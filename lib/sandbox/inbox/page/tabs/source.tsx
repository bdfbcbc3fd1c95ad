import { useState } from 'preact/hooks';
import type { ApiMessage } from '../../api-types.js';
import { Choice } from '../parts/bits.js';
import { CodeView, SHOWN_BYTES } from '../parts/code-view.js';
import { Loaded } from '../parts/loaded.js';
import { NotKept } from '../parts/not-kept.js';
import { useResource } from '../parts/use-resource.js';
import { apiUrl, getText, messagePath } from '../state/api.js';
import { tokeniseHtml } from '../text/tokenise-html.js';
import { tokeniseMime } from '../text/tokenise-mime.js';

/** What a recipient gets, and the html in it. */
export function Source({ message }: { message: ApiMessage }) {
  const [what, setWhat] = useState<'source' | 'html'>('source');
  const { id, html, content } = message;
  const shown = html ? what : 'source';
  const resource = useResource(`${shown} ${id}`, 0, () => getText(messagePath(id, shown), { limit: SHOWN_BYTES }));
  if (content === 'not-kept') return <NotKept />;
  return (
    <div class="source">
      {html && (
        <div class="toolbar">
          <Choice
            label="What"
            value={what}
            choices={[
              ['source', 'Message'],
              ['html', 'HTML'],
            ]}
            onChange={setWhat}
          />
        </div>
      )}
      <Loaded resource={resource}>
        {({ text, total }) => (
          <CodeView
            text={text}
            total={total}
            tokenise={shown === 'html' ? tokeniseHtml : tokeniseMime}
            label={shown === 'html' ? 'HTML' : 'Message source'}
            {...(shown === 'source' && { download: { href: apiUrl(messagePath(id, 'source'), { download: 1 }), name: 'message.eml' } })}
          />
        )}
      </Loaded>
    </div>
  );
}
