import { Readable } from 'node:stream';
import nodemailer from 'nodemailer';
import { graphTransport, isGraphTransportError, type LazyGraphTransport, type LazyOptions } from '../../lib/index.js';
import { withEnvironment } from '../config/with-environment.js';
import { useSandbox } from '../support/use-sandbox.js';

const tests = useSandbox();
const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'Later', text: 'Hello' };
const open: LazyGraphTransport[] = [];
afterEach(() => {
  for (const transport of open.splice(0)) transport.close({ force: true });
});

function lazy(options?: LazyOptions): LazyGraphTransport {
  const transport = graphTransport.lazy(options);
  open.push(transport);
  return transport;
}

test('reads no options before the first message, and then once', async () => {
  const read = jest.fn(() => tests.sandbox.options);
  const transporter = nodemailer.createTransport(lazy(read));
  await new Promise(setImmediate);
  expect(read).not.toHaveBeenCalled();
  await Promise.all([transporter.sendMail(mail), transporter.sendMail(mail)]);
  await transporter.sendMail(mail);
  expect(read).toHaveBeenCalledTimes(1);
  expect(tests.sandbox.messages).toHaveLength(3);
});

test('waits for options that come later, such as from a vault', async () => {
  let provide: () => void = () => undefined;
  const provided = new Promise<void>((resolve) => (provide = resolve));
  const transport = lazy(() => provided.then(() => tests.sandbox.options));
  const sending = nodemailer.createTransport(transport).sendMail(mail);
  await new Promise(setImmediate);
  expect([transport.pendingCount(), transport.isIdle()]).toEqual([1, false]);
  provide();
  await sending;
  expect([transport.pendingCount(), transport.isIdle()]).toEqual([0, true]);
  expect(tests.sandbox.messages).toHaveLength(1);
});

test('takes the environment where it is given nothing', async () => {
  const transport = lazy();
  const { tenantId, clientId, clientSecret, mailbox } = tests.sandbox.options;
  // the hosts are the sandbox's, and not in the environment: that the sign-in was read is what shows
  const names = { GRAPH_TENANT_ID: tenantId, GRAPH_CLIENT_ID: clientId, GRAPH_CLIENT_SECRET: clientSecret, GRAPH_SENDER: mailbox };
  const without = Object.fromEntries(Object.keys(names).map((name) => [name, undefined]));
  await withEnvironment(without as never, () => expect(transport.verify()).rejects.toMatchObject({ code: 'ECONFIG' }));
  const { graphEndpoint, authorityHost, tls } = tests.sandbox.options;
  await withEnvironment(names, () => expect(lazy(() => ({ graphEndpoint, authorityHost, tls })).verify()).resolves.toBe(true));
});

test('wrong options fail the message, and are read again for the next', async () => {
  const read = jest.fn<ReturnType<LazyOptions>, []>();
  read.mockReturnValueOnce({ ...tests.sandbox.options, clientSecret: '' });
  read.mockImplementationOnce(() => {
    throw new Error('the vault is sealed');
  });
  read.mockImplementation(() => tests.sandbox.options);
  const transporter = nodemailer.createTransport(lazy(read));
  const stream = Readable.from(['never read']);
  await expect(transporter.sendMail({ ...mail, attachments: [{ filename: 'a.txt', content: stream }] })).rejects.toMatchObject({
    code: 'ECONFIG',
    permanent: true,
    message: expect.stringContaining('clientSecret'),
  });
  expect(stream.destroyed).toBe(true);
  await expect(transporter.verify()).rejects.toMatchObject({
    code: 'ECONFIG',
    permanent: false,
    responseCode: 450,
    message: expect.stringContaining('the vault is sealed'),
  });
  await transporter.sendMail(mail);
  expect(tests.sandbox.messages).toHaveLength(1);
});

test('calls back, also for verify()', async () => {
  const transporter = nodemailer.createTransport(lazy(() => tests.sandbox.options));
  await new Promise<void>((resolve, reject) => transporter.verify((error) => (error ? reject(error) : resolve())));
  const info = await new Promise((resolve, reject) => transporter.sendMail(mail, (error, sent) => (error ? reject(error) : resolve(sent))));
  expect(info).toMatchObject({ accepted: ['reader@example.com'] });
});

test('passes on idle and progress', async () => {
  const transport = lazy(() => tests.sandbox.options);
  const idle = new Promise<void>((resolve) => transport.once('idle', resolve));
  await idle;
  const progress: unknown[] = [];
  transport.on('progress', (entry) => progress.push(entry));
  const content = Buffer.alloc(4 * 1024 * 1024);
  await nodemailer.createTransport(transport).sendMail({ ...mail, attachments: [{ filename: 'large.bin', content }] });
  expect(progress.at(-1)).toMatchObject({ sent: content.length, total: content.length, attachment: 'large.bin' });
});

test('close() before anything is read reads nothing, while the options are read fails what waits, and a later message opens it again', async () => {
  const never = jest.fn();
  lazy(never).close();
  expect(never).not.toHaveBeenCalled();

  const transport = lazy(async () => {
    await new Promise(setImmediate);
    return tests.sandbox.options;
  });
  const transporter = nodemailer.createTransport(transport);
  const waiting = transporter.sendMail(mail);
  transporter.close();
  await expect(waiting).rejects.toMatchObject({ code: 'ECONNECTION', permanent: false });
  expect(tests.sandbox.messages).toHaveLength(0);
  await transporter.sendMail(mail);
  expect(tests.sandbox.messages).toHaveLength(1);
});

test('a message that is aborted while it waits for the options ends at once', async () => {
  const transport = lazy(() => new Promise(() => undefined));
  const transporter = nodemailer.createTransport(transport);
  const controller = new AbortController();
  const waiting = transporter.sendMail({ ...mail, signal: controller.signal });
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'EABORT', ambiguous: false });
  expect(transport.pendingCount()).toBe(0);
});

test('options that never come are told after five minutes, and asked for again with the next message', async () => {
  const read = jest
    .fn<Promise<object>, []>()
    .mockReturnValueOnce(new Promise(() => undefined))
    .mockResolvedValue(tests.sandbox.options);
  const transporter = nodemailer.createTransport(lazy(read as LazyOptions));
  const timers = jest.spyOn(global, 'setTimeout');
  const waiting = transporter.sendMail(mail).catch((error: unknown) => error);
  await new Promise(setImmediate);
  const giveUp = timers.mock.calls.find(([, ms]) => ms === 300_000)?.[0];
  timers.mockRestore();
  giveUp?.();
  expect(await waiting).toMatchObject({ code: 'ETIMEDOUT', permanent: false, message: expect.stringContaining('graphTransport.lazy()') });
  await transporter.sendMail(mail);
  expect(tests.sandbox.messages).toHaveLength(1);
});

test('works from a copy, as every transport here', async () => {
  await nodemailer.createTransport({ ...lazy(() => tests.sandbox.options) } as LazyGraphTransport).sendMail(mail);
  expect(tests.sandbox.messages).toHaveLength(1);
});

test('needs a function, and says so at once', () => {
  let thrown: unknown;
  try {
    graphTransport.lazy(tests.sandbox.options as never);
  } catch (error) {
    thrown = error;
  }
  expect(isGraphTransportError(thrown)).toBe(true);
  expect(thrown).toMatchObject({ code: 'ECONFIG', message: expect.stringContaining('function that returns the options') });
});
