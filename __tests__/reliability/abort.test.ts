import { Readable } from 'node:stream';
import { failing, large, mail, settle, until, useSandbox } from './support/harness.js';

const harness = useSandbox();
const create = (options: object = {}) => harness.create({ maxRetryDelay: 60_000, ...options });
const { count } = harness;

describe('an abort after Graph may have the message', () => {
  test.each(['json', 'mime'])('as %s: the error is ambiguous and says how to find out', async (format) => {
    const { transporter } = create({ format });
    harness.sandbox.fail({ operation: 'sendMail', delay: 60_000, accepted: true });
    const controller = new AbortController();
    const sending = settle(transporter, { signal: controller.signal, messageId: '<look-for-me@contoso.com>' });
    // it is delivered, and the answer is still to come
    await until(() => harness.sandbox.messages.length === 1);
    controller.abort(new Error('shutting down'));
    const { error } = await sending;
    expect(error).toMatchObject({ code: 'EABORT', name: 'AbortError', ambiguous: true, mailbox: 'noreply@contoso.com' });
    expect(error?.message).toContain('<look-for-me@contoso.com>');
    expect(error?.hint).toMatch(/Sent Items of noreply@contoso\.com/);
  });

  test('by close({ force: true }): the same', async () => {
    const { transport, transporter } = create();
    harness.sandbox.fail({ operation: 'sendMail', delay: 60_000, accepted: true });
    const sending = settle(transporter, { messageId: '<look-for-me@contoso.com>' });
    await until(() => harness.sandbox.messages.length === 1);
    transport.close({ force: true });
    const { error } = await sending;
    expect(error).toMatchObject({ code: 'EABORT', ambiguous: true, hint: expect.stringContaining('<look-for-me@contoso.com>') });
  });

  test('on the draft route it is looked up: sent, so it is a success', async () => {
    const { transporter } = create({ route: 'draft' });
    harness.sandbox.fail({ operation: 'send', delay: 60_000, accepted: true });
    const controller = new AbortController();
    const sending = settle(transporter, { signal: controller.signal });
    await until(() => harness.sandbox.messages.length === 1);
    controller.abort();
    const { error, info } = await sending;
    expect(error).toBeUndefined();
    expect(info).toMatchObject({ route: 'draft', accepted: ['reader@example.com'] });
    expect(harness.sandbox.drafts).toHaveLength(0);
  });

  test('on the draft route, and it cannot be looked up: ambiguous, with where to look', async () => {
    const { transporter } = create({ route: 'draft', retries: 0, maxRetryDelay: 5 });
    harness.sandbox.fail({ operation: 'send', delay: 60_000, accepted: true });
    harness.sandbox.fail({ operation: ['getMessage', 'listMessages'], status: 500, times: Infinity });
    const controller = new AbortController();
    const sending = settle(transporter, { signal: controller.signal, messageId: '<look-for-me@contoso.com>' });
    await until(() => harness.sandbox.messages.length === 1);
    controller.abort();
    const { error } = await sending;
    expect(error).toMatchObject({ code: 'EABORT', ambiguous: true });
    expect(error?.hint).toMatch(/<look-for-me@contoso\.com> in Sent Items and Drafts/);
    expect(count('deleteMessage')).toBe(0);
  });

  test('while the draft is being made: the draft is found and deleted', async () => {
    const { transporter } = create({ route: 'draft' });
    harness.sandbox.fail({ operation: 'createDraft', delay: 60_000, accepted: true });
    const controller = new AbortController();
    const sending = settle(transporter, { signal: controller.signal });
    await until(() => harness.sandbox.drafts.length === 1);
    controller.abort();
    expect((await sending).error).toMatchObject({ code: 'EABORT', ambiguous: false });
    expect(harness.sandbox.drafts).toHaveLength(0);
    expect(harness.sandbox.messages).toHaveLength(0);
  });

  test('after the 202 has begun to arrive: it is sent', async () => {
    const { transporter } = create();
    const trickling = harness.sandbox.fail({ operation: 'sendMail', accepted: true, cut: 'trickle' });
    const controller = new AbortController();
    const sending = settle(transporter, { signal: controller.signal });
    await until(() => trickling.hits === 1 && count('sendMail') === 1);
    // the head of the answer is on its way; the body never ends
    await new Promise((resolve) => setTimeout(resolve, 300));
    controller.abort();
    const { error, info } = await sending;
    expect(error).toBeUndefined();
    expect(info?.response).toBe('202 Accepted');
  });
});

describe('an abort', () => {
  test('while the message waits for its turn sends nothing', async () => {
    const { transporter } = create({ maxConnections: 1 });
    harness.sandbox.fail({ operation: 'sendMail', delay: 300 });
    const first = transporter.sendMail({ ...mail, subject: 'first' });
    const controller = new AbortController();
    const second = failing(transporter, { subject: 'second', signal: controller.signal });
    controller.abort();
    expect(await second).toMatchObject({ code: 'EABORT', name: 'AbortError', ambiguous: false });
    await first;
    expect(harness.sandbox.messages.map(({ subject }) => subject)).toEqual(['first']);
  });

  test('during the sign-in sends nothing, and another message still gets the token', async () => {
    const { transporter } = create();
    harness.sandbox.fail({ operation: 'token', delay: 400 });
    const controller = new AbortController();
    const aborted = failing(transporter, { signal: controller.signal });
    const other = transporter.sendMail({ ...mail, subject: 'other' });
    setTimeout(() => controller.abort(), 100);
    expect(await aborted).toMatchObject({ code: 'EABORT', ambiguous: false });
    await other;
    expect(harness.sandbox.messages.map(({ subject }) => subject)).toEqual(['other']);
    expect(count('token')).toBe(1);
  });

  test('while an attachment is read sends nothing and destroys the stream', async () => {
    const { transporter } = create();
    const stream = new Readable({ read: () => undefined });
    stream.push('the beginning');
    const controller = new AbortController();
    const aborted = failing(transporter, { signal: controller.signal, attachments: [{ filename: 'a.txt', content: stream }] });
    setTimeout(() => controller.abort(), 100);
    expect(await aborted).toMatchObject({ code: 'EABORT', ambiguous: false });
    expect(stream.destroyed).toBe(true);
    expect(count('sendMail')).toBe(0);
  });

  test('during a pause sends nothing', async () => {
    const { transporter } = create();
    harness.sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'Retry-After': '30' } });
    const controller = new AbortController();
    const aborted = failing(transporter, { signal: controller.signal });
    await until(() => count('sendMail') === 1);
    setTimeout(() => controller.abort(), 50);
    expect(await aborted).toMatchObject({ code: 'EABORT', ambiguous: false });
    expect(harness.sandbox.messages).toHaveLength(0);
  });

  test.each(['createDraft', 'createUploadSession', 'uploadChunk'] as const)('during %s leaves no draft and no copy', async (operation) => {
    const { transporter } = create();
    harness.sandbox.fail({ operation, delay: 60_000 });
    const controller = new AbortController();
    const aborted = failing(transporter, { ...large, signal: controller.signal });
    await until(() => count(operation === 'createDraft' ? 'token' : 'createDraft') > 0);
    setTimeout(() => controller.abort(), 300);
    expect(await aborted).toMatchObject({ code: 'EABORT', ambiguous: false });
    expect(harness.sandbox.messages).toHaveLength(0);
    expect(harness.sandbox.drafts).toHaveLength(0);
  });
});

describe('an abort before', () => {
  test('a signal that has aborted already: nothing is asked of anybody', async () => {
    const { transporter } = create();
    const { error } = await settle(transporter, { signal: AbortSignal.abort(new Error('too late')) });
    // Nodemailer 10 sees to this itself
    expect(error).toMatchObject({ code: 'EABORT', name: 'AbortError' });
    expect(harness.sandbox.requests).toHaveLength(0);
  });

  test('between two repeats without a pause: nothing is sent', async () => {
    const { transporter } = create();
    const controller = new AbortController();
    harness.sandbox.fail({ operation: 'sendMail', status: 503, times: Infinity, match: () => (controller.abort(), true) });
    const { error } = await settle(transporter, { signal: controller.signal });
    expect(error?.code).toBe('EABORT');
    // an answer that crossed the abort is still an answer
    expect(harness.sandbox.messages).toHaveLength(0);
    expect(count('sendMail')).toBeLessThanOrEqual(1);
  });

  test('of one message leaves the others of its mailbox alone, and their order', async () => {
    const { transporter } = create({ maxConnections: 1 });
    harness.sandbox.fail({ operation: 'sendMail', delay: 200 });
    const controllers = Array.from({ length: 6 }, () => new AbortController());
    const sends = controllers.map(({ signal }, index) => settle(transporter, { signal, subject: `${index}` }));
    for (const index of [1, 3, 5]) controllers[index]?.abort();
    expect((await Promise.all(sends)).map(({ error }) => error?.code ?? 'sent')).toEqual([
      'sent',
      'EABORT',
      'sent',
      'EABORT',
      'sent',
      'EABORT',
    ]);
    expect(harness.sandbox.messages.map(({ subject }) => subject)).toEqual(['0', '2', '4']);
  });
});

test('a signal that aborts once the message is sent changes nothing', async () => {
  const { transporter } = create();
  const controller = new AbortController();
  const { error } = await settle(transporter, { signal: controller.signal });
  controller.abort();
  expect(error).toBeUndefined();
  expect((await settle(transporter)).error).toBeUndefined();
  expect(harness.sandbox.messages).toHaveLength(2);
});

test('a logger that throws takes nothing away from a message that is sent', async () => {
  const broken = () => {
    throw new Error('disk full');
  };
  const logger = { trace: broken, debug: broken, info: broken, warn: broken, error: broken, fatal: broken };
  const { transporter } = create({ logger });
  const { error } = await settle(transporter, { text: 'both', html: '<p>both', headers: { 'Return-Path': '<x@contoso.com>' } });
  expect({ error, copies: harness.sandbox.messages.length }).toEqual({ error: undefined, copies: 1 });
});

test('a progress listener that throws is an error before the message is sent, and leaves no draft', async () => {
  const { transport, transporter } = create();
  transport.on('progress', () => {
    throw new Error('a bug in the app');
  });
  const content = Buffer.alloc(4_500_000, 1);
  const { error } = await settle(transporter, { ...mail, attachments: [{ filename: 'large.bin', content }] });
  expect({ ambiguous: error?.ambiguous, copies: harness.sandbox.messages.length, drafts: harness.sandbox.drafts.length }).toEqual({
    ambiguous: error ? false : undefined,
    copies: error ? 0 : 1,
    drafts: 0,
  });
});
