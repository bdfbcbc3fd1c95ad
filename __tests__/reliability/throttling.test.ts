import { Readable } from 'node:stream';
import { startSandbox } from '../../lib/sandbox/index.js';
import { failing, mail, until, useSandbox } from './support/harness.js';

const harness = useSandbox();
const create = (options: object = {}) => harness.create({ maxRetryDelay: 60_000, ...options });
const { count } = harness;

test('a pause holds all messages of the mailbox, and no other', async () => {
  const { transporter } = create();
  await transporter.sendMail({ ...mail, subject: 'warm-up' });
  harness.sandbox.fail({ operation: 'sendMail', mailbox: 'noreply@contoso.com', status: 429, headers: { 'Retry-After': '1' } });
  const held = Array.from({ length: 6 }, (_, index) => transporter.sendMail({ ...mail, subject: `held ${index}` }));
  await until(() => count('sendMail') >= 2);
  const free = transporter.sendMail({ ...mail, from: 'alerts@contoso.com', subject: 'free', graph: { mailbox: 'alerts@contoso.com' } });
  await free;
  expect(harness.sandbox.messages.some(({ subject }) => subject === 'held 5')).toBe(false);
  await Promise.all(held);
  const refused = harness.sandbox.requests.filter(({ status }) => status === 429);
  expect(refused).toHaveLength(1);
  expect(harness.sandbox.messages).toHaveLength(8);
});

test('a 202 with a Retry-After is done', async () => {
  const { transporter } = create();
  harness.sandbox.fail({ operation: 'sendMail', status: 202, accepted: true, body: '', headers: { 'Retry-After': '1' } });
  await transporter.sendMail(mail);
  expect(count('sendMail')).toBe(1);
  expect(harness.sandbox.messages).toHaveLength(1);
});

test('a Retry-After that is too long is reported at once, in seconds', async () => {
  const { transporter } = create({ maxRetryDelay: 1_000 });
  harness.sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'Retry-After': '120' } });
  expect(await failing(transporter, {})).toMatchObject({ retryAfter: 120, permanent: false, ambiguous: false, httpStatus: 429 });
  expect(count('sendMail')).toBe(1);
});

test('a Retry-After date is understood', async () => {
  const { transporter } = create();
  harness.sandbox.fail({ operation: 'sendMail', status: 503, headers: { 'Retry-After': new Date(Date.now() + 1_000).toUTCString() } });
  await transporter.sendMail(mail);
  expect(harness.sandbox.messages).toHaveLength(1);
});

test('a repeat sends the whole body again, after 503 over a new connection', async () => {
  const { transporter } = create({ maxRetryDelay: 10 });
  const content = Readable.from([Buffer.alloc(100_000, 1), Buffer.alloc(100_000, 2)]);
  harness.sandbox.fail({ operation: 'sendMail', status: 503 });
  await transporter.sendMail({ ...mail, attachments: [{ filename: 'a.bin', content }] });
  const [first, second] = harness.sandbox.requests.filter(({ operation }) => operation === 'sendMail');
  expect(second?.bytes).toBe(first?.bytes);
  expect(second?.connection).not.toBe(first?.connection);
  expect(harness.sandbox.messages[0]?.attachments[0]?.size).toBe(200_000);
});

test('no more than maxConnections messages of a mailbox are on the way, in order', async () => {
  await using strict = await startSandbox({ maxConcurrency: 4 });
  const { transporter } = create({ ...strict.options, retries: 0 });
  strict.fail({ operation: 'sendMail', delay: 20, times: Infinity });
  await Promise.all(Array.from({ length: 20 }, (_, index) => transporter.sendMail({ ...mail, subject: `${index}` })));
  expect(strict.messages).toHaveLength(20);
  expect(strict.requests.filter(({ status }) => status === 429)).toHaveLength(0);
});

test('content is read when the message has its turn, not while it waits', async () => {
  const { transporter } = create({ maxConnections: 1 });
  let read = 0;
  const lazy = () =>
    new Readable({
      read() {
        read++;
        this.push('x');
        this.push(null);
      },
    });
  harness.sandbox.fail({ operation: 'sendMail', delay: 300 });
  const first = transporter.sendMail(mail);
  const others = Array.from({ length: 5 }, () => transporter.sendMail({ ...mail, attachments: [{ filename: 'a.txt', content: lazy() }] }));
  await until(() => count('token') === 1);
  expect(read).toBe(0);
  await Promise.all([first, ...others]);
  expect(read).toBeGreaterThanOrEqual(5);
});
