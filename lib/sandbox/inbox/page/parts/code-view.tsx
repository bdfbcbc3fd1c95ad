import { useMemo } from 'preact/hooks';
import type { Token, Tokenise } from '../text/tokens.js';
import { formatBytes } from '../text/format.js';
import { CopyButton } from './bits.js';

/** More than this is cut: nobody reads it here, and every piece becomes an element. */
export const SHOWN_BYTES = 200_000;

interface CodeViewProps {
  text: string;
  tokenise: Tokenise;
  label: string;
  /** Bytes there are altogether. */
  total?: number;
  download?: { href: string; name: string };
  hasCopy?: boolean;
}

/** Text with its syntax in colours; all of it is text nodes. */
export function CodeView({ text, tokenise, label, total, download, hasCopy = true }: CodeViewProps) {
  const tokens = useMemo(() => tokenise(text.slice(0, SHOWN_BYTES)), [text, tokenise]);
  const isCut = total !== undefined && total > new TextEncoder().encode(text).length;
  return (
    <figure class="code">
      <figcaption>
        <span class="muted">
          {label}
          {total !== undefined && ` · ${formatBytes(total)}`}
          {isCut && ` · the first ${formatBytes(SHOWN_BYTES)}`}
        </span>
        <span class="spring" />
        {hasCopy && <CopyButton text={text} what={label} />}
        {download && (
          <a class="button quiet" href={download.href} download={download.name}>
            Download
          </a>
        )}
      </figcaption>
      <pre tabIndex={0} dir="ltr" aria-label={label}>
        {tokens.map(piece)}
      </pre>
    </figure>
  );
}

const piece = ({ kind, text }: Token, index: number) =>
  kind === 'plain' ? (
    text
  ) : (
    <span key={index} class={`t-${kind}`}>
      {text}
    </span>
  );

export const plainText: Tokenise = (text) => [{ kind: 'plain', text }];
