import type { ComponentChildren } from 'preact';
import type { ApiAddress } from '../../api-types.js';
import { copy } from '../state/actions.js';
import { formatAddress } from '../text/format.js';
import { Icon, type IconName } from './icons.js';

export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'accent';

export function Badge({ tone = 'plain', title, children }: { tone?: Tone; title?: string; children: ComponentChildren }) {
  return (
    <span class={`badge ${tone}`} title={title}>
      {children}
    </span>
  );
}

/** A status code, coloured by what it means; 0 is a connection that was cut. */
export function Status({ status, code }: { status: number; code?: string | null | undefined }) {
  const tone: Tone =
    status === 0 || status >= 500 ? 'bad' : status >= 400 ? (status === 429 ? 'warn' : 'bad') : status >= 300 ? 'warn' : 'good';
  return (
    <Badge tone={tone}>
      {status === 0 ? 'cut' : status}
      {code ? ` ${code}` : ''}
    </Badge>
  );
}

/** Foreign text: whatever its direction, it does not reorder its neighbours. */
export function Foreign({ children, class: name }: { children: string; class?: string }) {
  return (
    <bdi dir="auto" {...(name && { class: name })}>
      {children}
    </bdi>
  );
}

/** @param isShort without names, for where there is little room */
export function Addresses({ list, more = 0, isShort = false }: { list: readonly ApiAddress[]; more?: number; isShort?: boolean }) {
  return (
    <>
      {list.map((address, index) => (
        <span key={index}>
          {index > 0 && ', '}
          <bdi dir="auto" title={formatAddress(address)}>
            {isShort ? address.address : formatAddress(address)}
          </bdi>
        </span>
      ))}
      {more > 0 && <span class="muted"> +{more.toLocaleString('en')}</span>}
    </>
  );
}

interface ButtonProps {
  icon?: IconName;
  /** Said and shown as a tooltip where there is only an icon. */
  label?: string;
  onClick: () => void;
  pressed?: boolean;
  disabled?: boolean;
  kind?: 'plain' | 'primary' | 'danger' | 'quiet';
  keys?: string;
  children?: ComponentChildren;
}

export function Button({ icon, label, onClick, pressed, disabled, kind = 'plain', keys, children }: ButtonProps) {
  return (
    <button
      type="button"
      class={`button ${kind}${children ? '' : ' icon-only'}`}
      onClick={onClick}
      {...(label && { 'aria-label': label, title: keys ? `${label} (${keys})` : label })}
      {...(pressed !== undefined && { 'aria-pressed': pressed })}
      {...(keys && { 'aria-keyshortcuts': keys })}
      disabled={disabled ?? false}
    >
      {icon && <Icon name={icon} />}
      {children && <span>{children}</span>}
    </button>
  );
}

export function CopyButton({ text, what }: { text: string; what: string }) {
  return (
    <Button icon="copy" kind="quiet" label={`Copy ${what}`} onClick={() => void copy(text, what)}>
      Copy
    </Button>
  );
}

export function Notice({ tone = 'plain', children }: { tone?: Tone; children: ComponentChildren }) {
  return <p class={`notice ${tone}`}>{children}</p>;
}

/** Names and values, one below the other. */
export function Facts({ rows }: { rows: readonly (readonly [name: string, value: ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A choice between a few. */
export function Choice<T extends string>(props: {
  label: string;
  value: T;
  choices: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
}) {
  const { label, value, choices, onChange } = props;
  return (
    <div class="choice" role="group" aria-label={label}>
      {choices.map(([choice, text]) => (
        <button type="button" key={choice} aria-pressed={choice === value} onClick={() => onChange(choice)}>
          {text}
        </button>
      ))}
    </div>
  );
}
