import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import lodash from 'lodash';
import type { Transporter } from 'nodemailer';
import nodemailer from 'nodemailer';
import type { GraphTransport } from '../../lib/index.js';
import { useSandbox } from '../support/use-sandbox.js';

const tests = useSandbox();
const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'Copied', text: 'Hello' };

type Copy = (transport: GraphTransport) => object;

/** Merges as Auth.js does with its providers: every enumerable property, inherited ones included. */
function mergeDeep(target: Record<string, unknown>, source: Record<string, unknown>): Record<string, unknown> {
  for (const key in source) {
    const value = source[key];
    if (typeof value === 'object' && value !== null) {
      target[key] = mergeDeep(
        (target[key] ?? (Array.isArray(value) ? [] : {})) as Record<string, unknown>,
        value as Record<string, unknown>,
      );
    } else if (value !== undefined) target[key] = value;
  }
  return target;
}

function freezeDeep<T extends object>(value: T): T {
  for (const inner of Object.values(value))
    if (typeof inner === 'object' && inner !== null && !Object.isFrozen(inner)) freezeDeep(inner as object);
  return Object.freeze(value);
}

/** Wraps what it hands out, too, as reactive and observing proxies do. */
function membrane<T extends object>(target: T): T {
  return new Proxy(target, {
    get(object, name, receiver) {
      const value: unknown = Reflect.get(object, name, receiver);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => Reflect.apply(value, receiver, args) as unknown;
    },
  });
}

const copies: [string, Copy][] = [
  ['spread', (transport) => ({ ...transport })],
  ['assigned', (transport) => Object.assign({}, transport)],
  ['inherited from', (transport) => Object.create(transport) as object],
  ['merged as Auth.js does', (server) => mergeDeep({ server: { port: 25, host: 'localhost' } }, { server })['server'] as object],
  ['merged by lodash', (server) => lodash.merge({ server: { port: 25 } }, { server }).server],
  ['defaulted by lodash', (server) => lodash.defaultsDeep({ server: {} }, { server }).server as object],
  ['cloned by lodash', (transport) => lodash.clone(transport)],
  ['deeply cloned by lodash', (server) => lodash.cloneDeep({ server }).server],
  ['picked property by property', (transport) => Object.fromEntries(Object.entries(transport))],
  ['put behind a proxy', (transport) => new Proxy(transport, {})],
  ['put behind a membrane', membrane],
  ['frozen', (transport) => Object.freeze(transport)],
  ['deeply frozen', freezeDeep],
  ['spread, then proxied', (transport) => new Proxy({ ...transport }, {})],
];

describe.each(copies)('a transport that was %s', (_how, copy) => {
  const open = (overrides: Parameters<typeof tests.transport>[0] = {}) =>
    nodemailer.createTransport(copy(tests.transport(overrides)) as GraphTransport) as Transporter;

  test('sends, verifies, says whether it is idle and closes', async () => {
    const transporter = open();
    await expect(transporter.verify()).resolves.toBe(true);
    expect(transporter.isIdle()).toBe(true);
    await expect(transporter.sendMail(mail)).resolves.toMatchObject({ accepted: ['reader@example.com'] });
    expect(tests.sandbox.messages).toHaveLength(1);
    expect(() => transporter.close()).not.toThrow();
  });

  test('sends after its transporter was used, too', async () => {
    const transport = tests.transport();
    await nodemailer.createTransport(transport).sendMail(mail);
    await (nodemailer.createTransport(copy(transport) as GraphTransport) as Transporter).sendMail(mail);
    expect(tests.sandbox.messages).toHaveLength(2);
  });

  test('passes its events on to the transporter', async () => {
    const transporter = open();
    const idle = new Promise<void>((resolve) => transporter.once('idle', resolve));
    await transporter.sendMail(mail);
    await idle;
  });

  test('does not end the process by an error that nobody listens to, and hands it to who does', async () => {
    const transport = tests.transport();
    const silent = nodemailer.createTransport(copy(transport) as GraphTransport) as Transporter;
    const listening = nodemailer.createTransport(copy(transport) as GraphTransport) as Transporter;
    const heard: Error[] = [];
    listening.on('error', (error) => heard.push(error));
    (transport as unknown as { tell(error: Error): void }).tell(new Error('token'));
    expect(heard.map(({ message }) => message)).toEqual(['token']);
    expect(silent.listenerCount('error')).toBe(0);
  });
});

test('a transporter for every message neither warns nor stays in memory', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on('warning', onWarning);
  const transport = tests.transport();
  const create = () => new WeakRef(nodemailer.createTransport({ ...transport } as GraphTransport));
  const transporters = Array.from({ length: 200 }, create);
  for (let round = 0; round < 5; round++) {
    await new Promise(setImmediate);
    collect();
  }
  process.off('warning', onWarning);
  expect(transporters.filter((transporter) => transporter.deref()).length).toBeLessThan(20);
  expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([]);
});

test('listeners of the app stay, whatever became of the transporters', async () => {
  const transport = tests.transport();
  const heard: string[] = [];
  transport.on('idle', () => heard.push('idle'));
  const transporter = nodemailer.createTransport(transport) as unknown as Transporter;
  transporter.on('idle', () => heard.push('transporter'));
  transport.emit('idle');
  expect(heard).toEqual(['transporter', 'idle']);
  transport.removeAllListeners('idle');
  transport.emit('idle');
  expect(heard).toEqual(['transporter', 'idle', 'transporter']);
  await transporter.sendMail(mail);
});

test('a subclass keeps its own send()', async () => {
  const { GraphTransport: Base } = await import('../../lib/index.js');
  const sent: string[] = [];
  class Counting extends Base {
    override send(...args: Parameters<GraphTransport['send']>): void {
      sent.push('send');
      super.send(...args);
    }
  }
  const transport = new Counting({ ...tests.sandbox.options });
  await nodemailer.createTransport({ ...transport } as never).sendMail(mail);
  transport.close();
  expect(sent).toEqual(['send']);
  expect(tests.sandbox.messages).toHaveLength(1);
});
