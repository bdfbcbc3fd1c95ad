import { Readable } from 'node:stream';
import { failing, useSandbox } from './support/harness.js';

const harness = useSandbox();
const create = (options: object = {}) => harness.create({ maxRetryDelay: 60_000, ...options });

test('a silent server does not hold a message', async () => {
  const { transporter } = create({ socketTimeout: 300 });
  await transporter.verify();
  harness.sandbox.fail({ operation: 'sendMail', delay: 60_000 });
  expect(await failing(transporter, {})).toMatchObject({ code: 'ETIMEDOUT', ambiguous: true });
});

test('a server that trickles an answer does not hold a message', async () => {
  const { transporter } = create({ requestTimeout: 1_500, socketTimeout: 60_000 });
  harness.sandbox.fail({ operation: 'sendMail', status: 500, cut: 'trickle' });
  expect(await failing(transporter, {})).toMatchObject({ httpStatus: 500, ambiguous: true });
});

test('a sign-in that never answers does not hold a message', async () => {
  const { transporter } = create({ requestTimeout: 400, retries: 0 });
  harness.sandbox.fail({ operation: 'token', delay: 60_000, times: Infinity });
  expect(await failing(transporter, {})).toMatchObject({ code: 'ETIMEDOUT', ambiguous: false });
});

test('a stream that falls silent does not hold a message', async () => {
  const { transporter } = create({ socketTimeout: 200 });
  const content = new Readable({ read: () => undefined });
  expect(await failing(transporter, { attachments: [{ filename: 'a.txt', content }] })).toMatchObject({
    code: 'ETIMEDOUT',
    ambiguous: false,
  });
  expect(harness.sandbox.messages).toHaveLength(0);
});
