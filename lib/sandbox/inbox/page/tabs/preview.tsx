import { useEffect, useState } from 'preact/hooks';
import type { ApiMessage } from '../../api-types.js';
import { apiUrl, messagePath } from '../state/api.js';
import { previewWidth, type Width } from '../state/settings.js';
import { signal } from '@preact/signals';
import { count } from '../text/format.js';
import { Button, Choice, Notice } from '../parts/bits.js';
import { NotKept } from '../parts/not-kept.js';
import { Text } from './text.js';

/** How the mail is shown; two different things, see the labels. Kept from mail to mail, as the width is. */
const scheme = signal<'light' | 'dark' | 'forced'>('light');

const widths: readonly (readonly [Width, string])[] = [
  ['100%', '100 %'],
  ['768', '768'],
  ['375', '375'],
  ['320', '320'],
];

/** The html in a frame that runs no script, sends nothing and has no origin. */
export function Preview({ message }: { message: ApiMessage }) {
  const [remote, setRemote] = useState(false);
  const [turn, setTurn] = useState(0);
  useEffect(() => setRemote(false), [message.id]);
  const { html } = message;
  if (message.content === 'not-kept') return <NotKept />;
  if (!html)
    return message.text ? (
      <Text message={message} note="No HTML: this is what a recipient sees" />
    ) : (
      <Notice>This mail has no body.</Notice>
    );
  const src = apiUrl(messagePath(message.id, 'body'), { remote: remote ? 1 : undefined });
  const { value: width } = previewWidth;
  return (
    <div class="preview">
      <div class="toolbar">
        <Choice label="Width" value={width} choices={widths} onChange={(value) => (previewWidth.value = value)} />
        <Choice
          label="Appearance"
          value={scheme.value}
          choices={[
            ['light', 'Light'],
            ['dark', 'Dark as authored'],
            ['forced', 'Dark forced'],
          ]}
          onChange={(value) => (scheme.value = value)}
        />
        <Button icon="reload" kind="quiet" label="Load the frame again" onClick={() => setTurn(turn + 1)} />
        <span class="spring" />
        {html.remoteImages > 0 &&
          (remote ? (
            <span class="muted">Remote images allowed</span>
          ) : (
            <Button onClick={() => setRemote(true)}>Load remote images ({html.remoteImages})</Button>
          ))}
      </div>
      <div class="stage">
        <iframe
          key={`${src} ${turn}`}
          title="The mail"
          src={src}
          sandbox="allow-popups allow-popups-to-escape-sandbox"
          referrerpolicy="no-referrer"
          class={scheme.value}
          style={{ inlineSize: width === '100%' ? '100%' : `${width}px` }}
        />
      </div>
      <p class="muted hint">
        {scheme.value === 'dark' &&
          'prefers-color-scheme is dark: what the mail itself says for dark mode. Most mail clients do not ask it. '}
        {scheme.value === 'forced' && 'Colours inverted, roughly as clients do that recolour every mail. '}
        {html.remoteImages > 0 && !remote && `${count(html.remoteImages, 'remote image')} not loaded: loading tells their server. `}
        Nothing in the frame runs or is sent.
      </p>
    </div>
  );
}
