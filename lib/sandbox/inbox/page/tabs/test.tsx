import { useMemo, useState } from 'preact/hooks';
import type { ApiMessage } from '../../api-types.js';
import { Choice, Notice } from '../parts/bits.js';
import { CodeView, plainText, SHOWN_BYTES } from '../parts/code-view.js';
import { Loaded } from '../parts/loaded.js';
import { useResource } from '../parts/use-resource.js';
import { apiUrl, getJson, getText, messagePath } from '../state/api.js';
import type { ApiRequest } from '../../api-types.js';
import { copyAsTest, type Framework } from '../text/copy-as-test.js';
import { tokeniseJavaScript } from '../text/tokenise-javascript.js';

type What = Framework | 'curl' | 'wait';

async function load({ id, text, html, timeline }: ApiMessage) {
  // the one that had it delivered
  const accepted = timeline.findLast(({ status, operation }) => status === 202 && (operation === 'sendMail' || operation === 'send'));
  const body = async (name: 'text' | 'html', has: boolean) =>
    has ? (await getText(messagePath(id, name), { limit: SHOWN_BYTES })).text : undefined;
  const [plain, markup, request] = await Promise.all([
    body('text', text !== null),
    body('html', html !== null),
    accepted && getJson<ApiRequest>(`requests/${encodeURIComponent(accepted.requestId)}`).catch(() => undefined),
  ]);
  return { bodies: { ...(plain !== undefined && { text: plain }), ...(markup !== undefined && { html: markup }) }, curl: request?.curl };
}

/** From looking to testing: this message as a test, as a command, as files. */
export function TestTab({ message }: { message: ApiMessage }) {
  const [what, setWhat] = useState<What>('jest');
  const resource = useResource(`test ${message.id}`, 0, () => load(message));
  const { id } = message;
  return (
    <div class="test-tab">
      <div class="toolbar">
        <Choice<What>
          label="As"
          value={what}
          choices={[
            ['jest', 'jest'],
            ['vitest', 'vitest'],
            ['node:test', 'node:test'],
            ['curl', 'cURL'],
            ['wait', 'any language'],
          ]}
          onChange={setWhat}
        />
        <span class="spring" />
        <a class="button" href={apiUrl(messagePath(id, 'source'), { download: 1 })} download="message.eml">
          .eml
        </a>
        <a class="button" href={apiUrl(messagePath(id, 'har'))} download="message.har">
          HAR
        </a>
      </div>
      <Loaded resource={resource}>{(loaded) => <Snippet message={message} what={what} {...loaded} />}</Loaded>
    </div>
  );
}

interface SnippetProps {
  message: ApiMessage;
  what: What;
  bodies: { text?: string; html?: string };
  curl: string | undefined;
}

function Snippet({ message, what, bodies, curl }: SnippetProps) {
  const test = useMemo(() => (what === 'curl' || what === 'wait' ? '' : copyAsTest(message, bodies, what)), [message, what, bodies]);
  if (what === 'curl') {
    return curl ? <CodeView text={curl} tokenise={plainText} label="cURL" /> : <Notice>Its request is no longer remembered.</Notice>;
  }
  if (what === 'wait') {
    const url = new URL(apiUrl('wait', { q: `subject:"${message.subject.replace(/"/g, ' ')}"`, timeout: 5000 }), location.href);
    return (
      <>
        <p>Answers with this message as JSON as soon as it is there, so that no test has to poll:</p>
        <CodeView text={`curl '${url.href.replace(/'/g, '%27')}'`} tokenise={plainText} label="Wait for it" />
      </>
    );
  }
  return <CodeView text={test} tokenise={tokeniseJavaScript} label="test" />;
}
