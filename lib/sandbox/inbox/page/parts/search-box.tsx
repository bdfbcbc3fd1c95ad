import { useEffect, useRef, useState } from 'preact/hooks';
import { HAS, IS, OPERATORS } from '../../search/parse-query.js';
import type { ApiFailure } from '../state/api.js';
import { go, query } from '../state/route.js';
import { Icon } from './icons.js';

const PAUSE = 200;
const values: Partial<Record<string, readonly string[]>> = {
  has: HAS,
  is: IS,
  format: ['json', 'mime'],
  route: ['sendMail', 'draft'],
  status: ['202', '429', '4xx', '5xx'],
  loss: ['any', 'none'],
  after: ['10m', '1h'],
  larger: ['100k', '1m'],
};

/** What may come next: operators, or the values of the one that was begun. */
export function suggestions(text: string): string[] {
  const word = /\S*$/.exec(text)?.[0] ?? '';
  const minus = word.startsWith('-') ? '-' : '';
  const [name = '', value] = word.slice(minus.length).split(':', 2);
  const before = text.slice(0, text.length - word.length);
  const all = value === undefined ? OPERATORS.map((operator) => `${operator}:`) : (values[name] ?? []).map((known) => `${name}:${known}`);
  const begun = word.slice(minus.length).toLowerCase();
  return all.filter((known) => known.toLowerCase().startsWith(begun) && known !== begun).map((known) => before + minus + known);
}

/** The search of the list. What it says stands in the address, so that it can be kept and shared. */
export function SearchBox({ label, failure }: { label: string; failure: ApiFailure | undefined }) {
  const [text, setText] = useState(query.value);
  const timer = useRef(0);
  const shown = useRef(query.value);
  useEffect(() => {
    // Back, or a link that searches
    if (query.value !== shown.current) setText(query.value);
    shown.current = query.value;
  }, [query.value]);

  const search = (value: string): void => {
    shown.current = value.trim();
    go({ q: value.trim() }, { replace: true });
  };
  const onInput = (value: string): void => {
    setText(value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => search(value), PAUSE);
  };
  const problem = failure?.code === 'InvalidQuery' ? failure.message : undefined;
  return (
    <search class="search">
      <label>
        <Icon name="search" />
        <span class="sr">{label}</span>
        <input
          type="search"
          id="search"
          value={text}
          dir="auto"
          autocomplete="off"
          spellcheck={false}
          list="search-suggestions"
          placeholder="Search from: subject: loss: status:"
          aria-invalid={problem !== undefined}
          aria-describedby={problem ? 'search-problem' : undefined}
          aria-keyshortcuts="/"
          onInput={(event) => onInput(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' && event.key !== 'Escape') return;
            // what was typed before must not come back
            clearTimeout(timer.current);
            if (event.key === 'Enter') return search(text);
            event.stopPropagation();
            if (text) {
              setText('');
              search('');
            } else event.currentTarget.blur();
          }}
        />
      </label>
      <datalist id="search-suggestions">
        {suggestions(text)
          .slice(0, 12)
          .map((value) => (
            <option key={value} value={value} />
          ))}
      </datalist>
      {problem && (
        <p id="search-problem" class="problem" role="status">
          {problem}
        </p>
      )}
    </search>
  );
}
