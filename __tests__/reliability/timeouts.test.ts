import { Readable } from 'node:stream';
import nodemailer from 'nodemailer';
import { graphTransport } from '../../lib/index.js';
import { expireAnswers, REQUEST_TIMEOUT } from '../support/expire-answers.js';
import { failing, useSandbox } from './support/harness.js';

const harness = useSandbox();
const create = (options: object = {}) => harness.create({ maxRetryDelay: 60_000, ...options });

test('a silent server does not hold a message', async () => {
  // with a token at hand, so that only the message can meet so short a timeout
  const getToken = () => Promise.resolve({ token: harness.sandbox.issueToken(), expiresOnTimestamp: Date.now() + 3_600_000 });
  const { mailbox, graphEndpoint, tls } = harness.sandbox.options;
  const transporter = nodemailer.createTransport(
    graphTransport({ credential: { getToken }, mailbox, graphEndpoint, tls, socketTimeout: 300 }),
  );
  harness.sandbox.fail({ operation: 'sendMail', delay: 60_000 });
  expect(await failing(transporter, {})).toMatchObject({ code: 'ETIMEDOUT', ambiguous: true });
});

test('a server that trickles an answer does not hold a message', async () => {
  const { transporter } = create({ requestTimeout: REQUEST_TIMEOUT });
  const fault = harness.sandbox.fail({ operation: 'sendMail', status: 500, cut: 'trickle' });
  expect(await expireAnswers(fault, () => failing(transporter, {}))).toMatchObject({ httpStatus: 500, ambiguous: true });
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
