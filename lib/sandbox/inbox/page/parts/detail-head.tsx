import type { ComponentChildren } from 'preact';
import { linkTo } from '../state/route.js';
import { Button, Foreign } from './bits.js';
import { DocsLink } from './docs-link.js';
import { Icon } from './icons.js';
import { step } from './shortcuts.js';

interface TitleLineProps {
  title: ComponentChildren;
  /** Between which the arrows go, such as ' mail'. */
  noun?: string;
  /** Further buttons. */
  children: ComponentChildren;
}

/** What stands above everything that is open: back, its title, the one before and the one after. */
export function TitleLine({ title, noun = '', children }: TitleLineProps) {
  return (
    <div class="title-line">
      <a class="button quiet back" href={linkTo({ id: null, isRefused: false })} aria-label="Back to the list">
        <Icon name="back" />
      </a>
      <h2 id="message-title">{title}</h2>
      <div class="actions">
        <Button icon="up" kind="quiet" label={`Previous${noun}`} keys="k" onClick={() => step(-1)} />
        <Button icon="down" kind="quiet" label={`Next${noun}`} keys="j" onClick={() => step(1)} />
        {children}
      </div>
    </div>
  );
}

/** Why something was refused, and what to do about it. */
export function Cause({ reason, remedy, docs }: { reason: string; remedy: string | null; docs: string | null }) {
  return (
    <section class="cause">
      <p class="strong">
        <Foreign>{reason}</Foreign>
      </p>
      {remedy && (
        <p>
          <Foreign>{remedy}</Foreign>
        </p>
      )}
      <DocsLink path={docs}>More about this error</DocsLink>
    </section>
  );
}
