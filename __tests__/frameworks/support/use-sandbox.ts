import type { GraphTransport, GraphTransportOptions } from '../../../lib/index.js';
import type { Sandbox, SandboxMessage } from '../../../lib/sandbox/index.js';
import { useSandbox as useAnySandbox } from '../../support/use-sandbox.js';

/** A sandbox for the tests of one file, and transports that are closed after each of them. */
export interface SandboxTests {
  readonly sandbox: Sandbox;
  transport(overrides?: Partial<GraphTransportOptions>): GraphTransport;
  /** The one message that arrived. */
  arrived(): SandboxMessage;
  /** What was asked of Graph, without signing in. */
  graphRequests(): string[];
}

export function useSandbox(): SandboxTests {
  const tests = useAnySandbox();
  return {
    get sandbox() {
      return tests.sandbox;
    },
    transport: (overrides) => tests.transport(overrides),
    arrived() {
      expect(tests.sandbox.messages).toHaveLength(1);
      return tests.sandbox.messages[0] as SandboxMessage;
    },
    graphRequests: () =>
      tests.sandbox.requests.map(({ operation }) => operation).filter((operation) => operation !== 'token' && operation !== 'discovery'),
  };
}
