import nodemailer from 'nodemailer';
import type { GraphTransportError, GraphTransportOptions } from '../../../lib/index.js';
import type { Sandbox } from '../../../lib/sandbox/index.js';
import { useSandbox } from '../../support/use-sandbox.js';

/** A failure an app may not have thought of. */
export interface Uncaught {
  what: string;
  options?: Partial<GraphTransportOptions>;
  arrange?: (sandbox: Sandbox) => void;
  /** What the error has, so that a case that fails for another reason is noticed. */
  error: Partial<GraphTransportError>;
  /** What a relay answers. */
  responseCode: number;
}

export const UNCAUGHT: readonly Uncaught[] = [
  {
    what: 'a wrong secret (401)',
    options: { clientSecret: 'wrong' },
    error: { code: 'EAUTH', httpStatus: 401 },
    responseCode: 550,
  },
  {
    what: 'throttling (429)',
    arrange: (sandbox) => sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'retry-after': '7' } }),
    error: { code: 'EGRAPH', httpStatus: 429, retryAfter: 7 },
    responseCode: 450,
  },
  {
    what: 'an unknown mailbox (404)',
    options: { mailbox: 'nobody@contoso.com' },
    error: { code: 'EENVELOPE', httpStatus: 404 },
    responseCode: 550,
  },
  {
    what: 'a permission that is missing (403)',
    arrange: (sandbox) => sandbox.fail({ operation: 'sendMail', status: 403, code: 'ErrorAccessDenied' }),
    error: { code: 'EAUTH', httpStatus: 403 },
    responseCode: 550,
  },
  {
    what: 'a service that is not available (503)',
    arrange: (sandbox) => sandbox.fail({ operation: 'sendMail', status: 503 }),
    error: { code: 'EGRAPH', httpStatus: 503 },
    responseCode: 421,
  },
  {
    what: 'an unclear answer (504)',
    arrange: (sandbox) => sandbox.fail({ operation: 'sendMail', status: 504 }),
    error: { code: 'EGRAPH', httpStatus: 504, ambiguous: true },
    responseCode: 550,
  },
  {
    what: 'a message without recipients (no status)',
    error: { code: 'EENVELOPE', httpStatus: undefined },
    responseCode: 550,
  },
];

/** An app's own way to send, and the error it met last. */
export interface FailingApp {
  send(): Promise<unknown>;
  readonly error: GraphTransportError | undefined;
}

/** A sandbox, and apps that meet one of the failures. */
export function useFailures() {
  const tests = useSandbox();
  return {
    app({ what, options = {}, arrange }: Uncaught): FailingApp {
      arrange?.(tests.sandbox);
      const transporter = nodemailer.createTransport(tests.transport({ retries: 0, ...options }));
      const to = what.includes('without recipients') ? {} : { to: 'reader@example.com' };
      const app = {
        error: undefined as GraphTransportError | undefined,
        send: () =>
          transporter
            .sendMail({ from: 'noreply@contoso.com', ...to, subject: 'Welcome', text: 'Hello' })
            .catch((error: GraphTransportError) => {
              app.error = error;
              throw error;
            }),
      };
      return app;
    },
  };
}

/** What a visitor must not read: whatever the error knows. */
export function expectNothingToldBy(error: GraphTransportError | undefined, answer: string): void {
  expect(error).toBeDefined();
  for (const told of [error?.message, error?.hint, error?.graphCode, error?.requestId, error?.mailbox]) {
    if (told) expect(answer).not.toContain(told);
  }
}
