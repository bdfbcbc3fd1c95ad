import { GraphTransportError } from './graph-transport-error.js';

/** The error for a missing, wrong or contradictory option. */
export function configError(message: string): GraphTransportError {
  return new GraphTransportError(
    'ECONFIG',
    `graphTransport: ${message}${message.endsWith('?') ? '' : '.'} See the README, section Options.`,
    { permanent: true },
  );
}

/** What a configuration error says, for where `graphTransport` and the README are none of the reader's business. */
export function withoutPreamble(message: string): string {
  return message.replace(/^graphTransport: |\.? See the README, section Options\.$/g, '');
}

/** A value as errors show it. Never used for secrets. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, 80)}'`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value === null ? 'null' : typeof value === 'object' ? 'an object' : `a value of type ${typeof value}`;
}
