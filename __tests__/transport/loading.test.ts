import { setImmediate as tick } from 'node:timers/promises';
import nodemailer from 'nodemailer';
import type * as Transport from '../../lib/index.js';
import { useSandbox } from '../support/use-sandbox.js';

const tests = useSandbox();
const PARTS = ['undici/lib/dispatcher/client.js', 'undici/lib/core/connect.js', '@microsoft/microsoft-graph-client/lib/src/HTTPClient.js'];

/** The transport as a program loads it, and which of the parts have been loaded so far. */
function loadTransport() {
  const loaded = new Set<string>();
  let transport: typeof Transport | undefined;
  jest.isolateModules(() => {
    for (const part of PARTS) {
      jest.doMock(part, () => {
        loaded.add(part);
        return jest.requireActual(part);
      });
    }
    transport = jest.requireActual<typeof Transport>('../../lib/index.js');
  });
  return { loaded, graphTransport: (transport as typeof Transport).graphTransport };
}

afterEach(() => jest.resetModules());

/** Everything that was begun has been loaded. */
async function idle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await tick();
}

test('what sending needs is loaded when a transport has been created, without a request', async () => {
  const { loaded, graphTransport } = loadTransport();
  expect(loaded.size).toBe(0);
  const transport = graphTransport(tests.sandbox.options);
  expect(loaded.size).toBe(0);
  await idle();
  expect([...loaded].sort()).toEqual([...PARTS].sort());
  expect(tests.sandbox.requests).toEqual([]);
  transport.close();
});

test('nothing is loaded for a transport that was closed before', async () => {
  const { loaded, graphTransport } = loadTransport();
  graphTransport(tests.sandbox.options).close();
  await idle();
  expect([...loaded]).toEqual([]);
});

test('a process without WebAssembly (--jitless) is told so, and not as a connection that failed', async () => {
  const found = Object.getOwnPropertyDescriptor(globalThis, 'WebAssembly') as PropertyDescriptor;
  delete (globalThis as { WebAssembly?: unknown }).WebAssembly;
  try {
    const transport = loadTransport().graphTransport(tests.sandbox.options);
    await expect(transport.verify()).rejects.toMatchObject({
      code: 'ECONFIG',
      permanent: true,
      message: expect.stringContaining('undici cannot be loaded: it needs WebAssembly'),
    });
    transport.close();
  } finally {
    Object.defineProperty(globalThis, 'WebAssembly', found);
  }
});

test('what cannot be loaded fails the message as one of ours, nothing is sent, and the next one tries again', async () => {
  let broken = true;
  const path = '../../lib/sending.js';
  const { graphTransport } = loadTransport();
  jest.doMock(path, () => {
    if (broken) throw new Error('Cannot find module sending-ABCDEF.js');
    return jest.requireActual(path);
  });
  const transport = graphTransport(tests.sandbox.options);
  await idle();
  const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', text: 'Hello' };
  const failure = {
    name: 'GraphTransportError',
    code: 'ECONFIG',
    ambiguous: false,
    permanent: true,
    message: expect.stringContaining('a part of nodemailer-graph-transport cannot be loaded: Cannot find module sending-ABCDEF.js.'),
  };
  await expect(transport.verify()).rejects.toMatchObject(failure);
  await expect(nodemailer.createTransport(transport).sendMail(mail)).rejects.toMatchObject(failure);
  expect(tests.sandbox.requests).toEqual([]);
  expect([transport.pendingCount(), transport.isIdle()]).toEqual([0, true]);
  broken = false;
  await nodemailer.createTransport(transport).sendMail(mail);
  expect(tests.sandbox.messages).toHaveLength(1);
  transport.close();
  jest.dontMock(path);
});
