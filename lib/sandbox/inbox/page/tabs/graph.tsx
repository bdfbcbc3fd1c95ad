import { useMemo, useState } from 'preact/hooks';
import type { ApiMessage } from '../../api-types.js';
import { Choice } from '../parts/bits.js';
import { CodeView, plainText, SHOWN_BYTES } from '../parts/code-view.js';
import { FieldTable } from '../parts/field-table.js';
import { Loaded } from '../parts/loaded.js';
import { NotKept } from '../parts/not-kept.js';
import { useResource } from '../parts/use-resource.js';
import { apiUrl, getText, messagePath } from '../state/api.js';
import { compareFields, fieldsOfJson } from '../text/compare-fields.js';
import { diffLines } from '../text/diff-lines.js';
import { count } from '../text/format.js';
import { readHead } from '../text/read-head.js';
import { tokeniseJson } from '../text/tokenise-json.js';
import { tokeniseMime } from '../text/tokenise-mime.js';
import { JsonTree } from './json-tree.js';

type View = 'beside' | 'fields' | 'lines';

interface Texts {
  posted: string;
  postedTotal: number;
  source: string;
  sourceTotal: number;
}

async function load(id: string): Promise<Texts> {
  const [posted, source] = await Promise.all([
    getText(messagePath(id, 'posted'), { limit: SHOWN_BYTES }),
    getText(messagePath(id, 'source'), { limit: SHOWN_BYTES }),
  ]);
  return { posted: posted.text, postedTotal: posted.total, source: source.text, sourceTotal: source.total };
}

/** What the app posted beside what a recipient gets. */
export function Graph({ message }: { message: ApiMessage }) {
  const [view, setView] = useState<View>('beside');
  const { id, format, content } = message;
  const resource = useResource(`graph ${id}`, 0, () => load(id));
  if (content === 'not-kept') return <NotKept />;
  const choices: [View, string][] = [
    ['beside', 'Side by side'],
    ['fields', 'Header fields'],
    // JSON and a source have no lines in common
    ...(format === 'mime' ? [['lines', 'Line by line'] as [View, string]] : []),
  ];
  return (
    <div class="graph">
      <div class="toolbar">
        <Choice label="View" value={view} choices={choices} onChange={setView} />
      </div>
      <Loaded resource={resource}>
        {(texts) => (
          <>
            {view === 'beside' && <Beside message={message} texts={texts} />}
            {view === 'fields' && <Fields message={message} texts={texts} />}
            {view === 'lines' && <Lines texts={texts} />}
          </>
        )}
      </Loaded>
    </div>
  );
}

function parse(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    // cut at the limit
    return undefined;
  }
}

function Beside({ message, texts }: { message: ApiMessage; texts: Texts }) {
  const { format, id } = message;
  const [asTree, setTree] = useState(true);
  const json = useMemo(() => (format === 'json' ? parse(texts.posted) : undefined), [format, texts.posted]);
  return (
    <div class="beside">
      <div>
        {json && (
          <Choice
            label="Posted JSON"
            value={asTree ? 'tree' : 'text'}
            choices={[
              ['tree', 'Tree'],
              ['text', 'Text'],
            ]}
            onChange={(value) => setTree(value === 'tree')}
          />
        )}
        {json && asTree ? (
          <div class="tree" role="region" aria-label="Posted JSON" tabIndex={0}>
            <JsonTree value={json.value} />
          </div>
        ) : (
          <CodeView
            text={texts.posted}
            total={texts.postedTotal}
            tokenise={format === 'json' ? tokeniseJson : tokeniseMime}
            label={format === 'json' ? 'Posted JSON' : 'Posted MIME'}
            download={{ href: apiUrl(messagePath(id, 'posted'), { full: 1 }), name: format === 'json' ? 'posted.json' : 'posted.eml' }}
          />
        )}
      </div>
      <CodeView text={texts.source} total={texts.sourceTotal} tokenise={tokeniseMime} label="What a recipient gets" />
    </div>
  );
}

function Fields({ message, texts }: { message: ApiMessage; texts: Texts }) {
  const changes = useMemo(() => {
    if (message.format === 'mime') return compareFields(readHead(texts.posted), readHead(texts.source));
    return compareFields(fieldsOfJson(parse(texts.posted)?.value), message.headers);
  }, [message, texts]);
  const missing = changes.filter(({ kind }) => kind === 'missing').length;
  return (
    <>
      <p class={missing ? '' : 'muted'}>
        {missing ? `${count(missing, 'field')} posted and not delivered.` : 'Every field that was posted is there.'}
      </p>
      <FieldTable changes={changes} before="Posted" after="A recipient gets" />
    </>
  );
}

function Lines({ texts }: { texts: Texts }) {
  const lines = useMemo(() => diffLines(texts.posted, texts.source), [texts]);
  const changed = lines.filter(({ kind }) => kind !== 'same').length;
  if (changed === 0) return <CodeView text={texts.source} tokenise={plainText} label="Delivered as it was posted" />;
  return (
    <pre class="diff" tabIndex={0} dir="ltr" aria-label="Posted and delivered, line by line">
      {lines.map(({ kind, text }, index) => (
        <span key={index} class={kind}>
          {kind === 'added' ? '+ ' : kind === 'removed' ? '- ' : '  '}
          {text}
          {'\n'}
        </span>
      ))}
    </pre>
  );
}
