import nodemailer from 'nodemailer';
import type { GraphSentMessageInfo, GraphTransport, GraphTransportError } from '../../../lib/index.js';
import type { Sandbox, SandboxOperation, SandboxOptions } from '../../../lib/sandbox/index.js';
import { useSandbox as useAnySandbox } from '../../support/use-sandbox.js';

export const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'Hello', text: 'Hello' };
/** More than one request carries: it goes by way of a draft and an upload of three chunks. */
export const large = { attachments: [{ filename: 'large.bin', content: Buffer.alloc(9_000_000, 1) }] };

type Transporter = ReturnType<typeof nodemailer.createTransport>;

export interface Harness {
  readonly sandbox: Sandbox;
  create(options?: object): { transport: GraphTransport; transporter: Transporter };
  /** How many requests of this kind the sandbox has answered. */
  count(operation: SandboxOperation): number;
}

/** A sandbox for the tests of one file, emptied after each; transports are closed with force. */
export function useSandbox(options: SandboxOptions = {}): Harness {
  const tests = useAnySandbox(options);
  return {
    get sandbox() {
      return tests.sandbox;
    },
    create(overrides = {}) {
      const transport = tests.transport(overrides);
      return { transport, transporter: nodemailer.createTransport(transport) };
    },
    count: (operation) => tests.sandbox.requests.filter((request) => request.operation === operation).length,
  };
}

/** Waits for something that the test has set in motion. */
export async function until(condition: () => boolean, limit = 25_000): Promise<void> {
  const end = Date.now() + limit;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`not so within ${limit} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export interface Settled {
  error: GraphTransportError | undefined;
  info: GraphSentMessageInfo | undefined;
}

/** Sends and tells how it ended, whichever way that is. */
export function settle(transporter: { sendMail(data: object): Promise<unknown> }, data: object = {}): Promise<Settled> {
  return transporter.sendMail({ ...mail, ...data }).then(
    (info) => ({ error: undefined, info: info as GraphSentMessageInfo }),
    (error: GraphTransportError) => ({ error, info: undefined }),
  );
}

/** Sends and resolves with the error, if there is one. */
export async function failing(
  transporter: { sendMail(data: object): Promise<unknown> },
  data: object = {},
): Promise<GraphTransportError | undefined> {
  return (await settle(transporter, data)).error;
}
