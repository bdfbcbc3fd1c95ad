import { GraphTransportError } from '../errors/graph-transport-error.js';
import type { NodemailerMail } from './nodemailer.js';

/** The signal of a message; Nodemailer allows `null` and `false` for none. */
export function signalOf({ signal }: NodemailerMail['data']): AbortSignal | undefined {
  return signal === null || signal === false ? undefined : readSignal(signal);
}

/** @throws {GraphTransportError} `EMESSAGE` for what is no signal */
export function readSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined || isSignal(signal)) return signal;
  throw new GraphTransportError('EMESSAGE', 'signal must be an AbortSignal; nothing was sent', { permanent: true });
}

/** All of it that is used, and not only once the message is sent. */
function isSignal(value: unknown): value is AbortSignal {
  if (typeof value !== 'object' || value === null) return false;
  try {
    const { aborted, addEventListener, removeEventListener } = value as Partial<AbortSignal>;
    return typeof aborted === 'boolean' && typeof addEventListener === 'function' && typeof removeEventListener === 'function';
  } catch {
    // such as a Proxy of one, which cannot be asked
    return false;
  }
}
