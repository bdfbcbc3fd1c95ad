import { failing, large, mail, until, useSandbox } from './support/harness.js';

const harness = useSandbox();
const create = (options: object = {}) => harness.create({ maxRetryDelay: 60_000, ...options });
const { count } = harness;

test('lets running messages end and fails those that wait', async () => {
  const { transport, transporter } = create({ maxConnections: 1 });
  harness.sandbox.fail({ operation: 'sendMail', delay: 200 });
  const running = transporter.sendMail({ ...mail, subject: 'running' });
  const waiting = failing(transporter, { subject: 'waiting' });
  await until(() => count('token') === 1);
  transport.close();
  expect(await waiting).toMatchObject({ code: 'ECONNECTION', ambiguous: false });
  await running;
  expect(harness.sandbox.messages.map(({ subject }) => subject)).toEqual(['running']);
  expect(transport.pendingCount()).toBe(0);
});

test('with force aborts what runs and deletes its draft', async () => {
  const { transport, transporter } = create();
  harness.sandbox.fail({ operation: 'uploadChunk', delay: 60_000 });
  const running = failing(transporter, large);
  await until(() => count('createUploadSession') === 1);
  setTimeout(() => transport.close({ force: true }), 100);
  expect(await running).toMatchObject({ code: 'EABORT', ambiguous: false });
  expect(harness.sandbox.drafts).toHaveLength(0);
});

test('during a pause lets the paused message end after it', async () => {
  const { transport, transporter } = create();
  harness.sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'Retry-After': '1' } });
  const paused = transporter.sendMail(mail);
  await until(() => count('sendMail') === 1);
  transport.close();
  await paused;
  expect(harness.sandbox.messages).toHaveLength(1);
});
