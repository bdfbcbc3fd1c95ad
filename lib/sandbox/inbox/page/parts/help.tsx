import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { status } from '../state/inbox.js';
import { hasShortcuts } from '../state/settings.js';
import { Button } from './bits.js';

export const helpIsOpen = signal(false);

const shortcuts: readonly (readonly [keys: string, what: string])[] = [
  ['j  k', 'next, previous mail'],
  ['↑ ↓ Home End Enter', 'move in the list, open'],
  ['[  ]', 'previous, next tab'],
  ['1 … 9', 'a section: Mail, Refused, Drafts …'],
  ['/', 'search'],
  ['f', 'follow new mail'],
  ['m', 'mark as unread'],
  ['Delete  #', 'delete'],
  ['z', 'undo'],
  ['Esc  u', 'back to the list'],
  ['?', 'this help'],
];

const operators: readonly (readonly [term: string, what: string])[] = [
  ['from: to: cc: bcc: subject: body:', 'contains'],
  ['has:attachment, html, text, image, plan, loss, fault', ''],
  ['is:unread, refused, retried, duplicate, urgent', ''],
  ['loss:importance', 'that was lost; any, none'],
  ['status:429, 4xx   code:ErrorAccessDenied', 'an answer it got'],
  ['format:json   route:draft   mailbox:alerts@', ''],
  ['after:10m   before:2026-01-31   larger:1m', ''],
  ['-subject:welcome   "two words"', 'not; as it stands'],
];

export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = helpIsOpen.value;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  const close = (): void => void (helpIsOpen.value = false);
  return (
    <dialog
      ref={dialog}
      class="help"
      aria-labelledby="help-title"
      onClose={close}
      onClick={(event) => event.target === dialog.current && close()}
    >
      {isOpen && (
        <div class="inside">
          <header>
            <h2 id="help-title">Help</h2>
            <span class="spring" />
            <Button icon="close" kind="quiet" label="Close" onClick={close} />
          </header>
          <h3>Keyboard</h3>
          <label class="check">
            <input type="checkbox" checked={hasShortcuts.value} onChange={(event) => (hasShortcuts.value = event.currentTarget.checked)} />
            Shortcuts of single keys
          </label>
          <List rows={shortcuts} />
          <h3>Search</h3>
          <List rows={operators} />
          <h3>From a test</h3>
          <p>
            <code>GET ./api/v1/wait?q=subject:welcome&amp;timeout=5000</code> answers as soon as such a mail is there; all of it is in{' '}
            <a href="./api/v1/openapi.json" target="_blank" rel="noreferrer">
              openapi.json
            </a>
            .
          </p>
          <p class="muted">
            nodemailer-graph-transport {status.value?.version}. Nothing is delivered, and nothing a mail names is fetched.
          </p>
        </div>
      )}
    </dialog>
  );
}

function List({ rows }: { rows: readonly (readonly [string, string])[] }) {
  return (
    <table class="keys">
      <tbody>
        {rows.map(([left, right]) => (
          <tr key={left}>
            <th scope="row">
              <kbd>{left}</kbd>
            </th>
            <td>{right}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
