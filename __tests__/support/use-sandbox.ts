import { graphTransport, type GraphTransport, type GraphTransportOptions } from '../../lib/index.js';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../lib/sandbox/index.js';

/** A sandbox for the tests of one file, emptied after each, and transports that are then closed with force. */
export function useSandbox(options: SandboxOptions = {}) {
  let sandbox: Sandbox;
  const open: GraphTransport[] = [];
  beforeAll(async () => {
    sandbox = await startSandbox(options);
  });
  afterEach(() => {
    for (const transport of open.splice(0)) transport.close({ force: true });
    sandbox.clear();
  });
  afterAll(() => sandbox.close());
  return {
    get sandbox(): Sandbox {
      return sandbox;
    },
    transport(overrides: Partial<GraphTransportOptions> = {}): GraphTransport {
      const transport = graphTransport({ ...sandbox.options, ...overrides });
      open.push(transport);
      return transport;
    },
  };
}
