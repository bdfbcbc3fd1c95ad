import { graphTransport, type GraphTransport, type GraphTransportOptions } from '../../../lib/index.js';
import { startSandbox, type Sandbox, type SandboxMessage } from '../../../lib/sandbox/index.js';

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
  let sandbox: Sandbox;
  const open: GraphTransport[] = [];
  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  afterEach(() => {
    for (const transport of open.splice(0)) transport.close({ force: true });
    sandbox.clear();
  });
  afterAll(() => sandbox.close());
  return {
    get sandbox() {
      return sandbox;
    },
    transport(overrides = {}) {
      const transport = graphTransport({ ...sandbox.options, ...overrides });
      open.push(transport);
      return transport;
    },
    arrived() {
      expect(sandbox.messages).toHaveLength(1);
      return sandbox.messages[0] as SandboxMessage;
    },
    graphRequests: () =>
      sandbox.requests.map(({ operation }) => operation).filter((operation) => operation !== 'token' && operation !== 'discovery'),
  };
}
