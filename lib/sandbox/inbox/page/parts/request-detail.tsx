import type { ApiRequest } from '../../api-types.js';
import { getJson } from '../state/api.js';
import { touched } from '../state/inbox.js';
import { linkTo } from '../state/route.js';
import { HeaderTable } from '../tabs/headers.js';
import { formatBytes, formatDateTime, formatDuration } from '../text/format.js';
import { tokeniseJson } from '../text/tokenise-json.js';
import { Badge, CopyButton, Facts, Foreign, Notice, Status } from './bits.js';
import { CodeView, plainText } from './code-view.js';
import { Cause, TitleLine } from './detail-head.js';
import { Loaded } from './loaded.js';
import { useResource } from './use-resource.js';

export function RequestDetail({ id }: { id: string }) {
  const key = touched.value.get(id) ?? 0;
  const resource = useResource(`request ${id}`, key, () => getJson<ApiRequest>(`requests/${encodeURIComponent(id)}`));
  return <Loaded resource={resource}>{(request) => <Request request={request} />}</Loaded>;
}

const looksLikeJson = (text: string): boolean => /^\s*[[{]/.test(text);

function Request({ request }: { request: ApiRequest }) {
  const { operation, method, path, status, code, body, answer, reason, remedy, docs, caller, fault, chunk, messageId } = request;
  return (
    <article class="message" aria-labelledby="message-title">
      <header class="message-head">
        <TitleLine
          title={
            <>
              {operation} <Status status={status} code={code} />
            </>
          }
        >
          <CopyButton text={request.curl} what="cURL" />
        </TitleLine>
        <p class="mono path">
          {method} <Foreign>{path}</Foreign>
        </p>
      </header>
      <div class="panel">
        {reason && <Cause reason={reason} remedy={remedy} docs={docs} />}
        <Facts
          rows={[
            ['At', formatDateTime(request.at)],
            ['Took', `${formatDuration(request.durationMs)}, ${formatBytes(request.bytes)}, connection ${request.connection}`],
            ...(request.mailbox ? ([['Mailbox', <Foreign>{request.mailbox}</Foreign>]] as const) : []),
            ...(chunk ? ([['Bytes', `${chunk.from}–${chunk.to} of ${chunk.total} (${chunk.name})`]] as const) : []),
            ...(fault ? ([['Fault', <Badge tone="accent">{fault.label}</Badge>]] as const) : []),
            ...(caller
              ? ([['App', `${caller.displayName} (${[...caller.roles, ...caller.scopes].join(', ') || 'no permission'})`]] as const)
              : []),
            ...(messageId
              ? ([
                  ['Mail', <a href={linkTo({ screen: 'mail', id: messageId, tab: 'timeline' })}>{request.subject || messageId}</a>],
                ] as const)
              : []),
          ]}
        />
        <h3>Request</h3>
        <HeaderTable headers={request.headers} label="Headers of the request" />
        {body === null ? (
          request.bytes > 0 && (
            <Notice>Its body of {formatBytes(request.bytes)} is MIME or binary; the Graph tab of the mail shows what became of it.</Notice>
          )
        ) : (
          <CodeView text={body} tokenise={looksLikeJson(body) ? tokeniseJson : plainText} label="Body" />
        )}
        <h3>Answer</h3>
        <HeaderTable headers={answer.headers} label="Headers of the answer" />
        {answer.body && (
          <CodeView text={answer.body} tokenise={looksLikeJson(answer.body) ? tokeniseJson : plainText} label="Body of the answer" />
        )}
        <CodeView text={request.curl} tokenise={plainText} label="cURL" />
      </div>
    </article>
  );
}
