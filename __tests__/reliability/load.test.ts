import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type nodemailer from 'nodemailer';
import { testsInFull } from '../support/sample.js';
import { mail, settle, until, useSandbox } from './support/harness.js';

const harness = useSandbox();
const { create, count } = harness;

describe('the pull pattern of Nodemailer’s documentation', () => {
  /** Word for word what Nodemailer's documentation shows for a pooled transport. */
  function pull(transporter: ReturnType<typeof nodemailer.createTransport>, messages: object[], sent: (error: Error | null) => void) {
    transporter.on('idle', () => {
      while (transporter.isIdle() && messages.length) {
        transporter.sendMail(messages.shift() as object, sent);
      }
    });
  }

  test('sends everything, and never takes many more than it can send at once', async () => {
    const { transport, transporter } = create();
    const messages = Array.from({ length: 100 }, (_, index) => ({ ...mail, subject: `${index}` }));
    let settled = 0;
    let most = 0;
    pull(transporter, messages, (error) => {
      expect(error).toBeNull();
      most = Math.max(most, transport.pendingCount());
      settled++;
    });
    await until(() => settled === 100);
    expect(new Set(harness.sandbox.messages.map(({ subject }) => subject)).size).toBe(100);
    expect(most).toBeGreaterThan(1);
    // 4 on the way and 4 waiting, as Nodemailer's pool
    expect(most).toBeLessThanOrEqual(8);
    expect(transport.pendingCount()).toBe(0);
  });

  test('goes on when messages fail', async () => {
    const { transporter } = create({ retries: 0 });
    harness.sandbox.fail({ operation: 'sendMail', status: 400, code: 'ErrorInvalidRecipients', times: 30 });
    const messages = Array.from({ length: 60 }, () => ({ ...mail }));
    let failed = 0;
    let sent = 0;
    pull(transporter, messages, (error) => (error ? failed++ : sent++));
    await until(() => failed + sent === 60);
    expect({ failed, sent }).toEqual({ failed: 30, sent: 30 });
  });

  test('takes up again after a lull', async () => {
    const { transporter } = create();
    const messages: object[] = [{ ...mail }];
    let settled = 0;
    pull(transporter, messages, () => settled++);
    await until(() => settled === 1);
    for (let index = 0; index < 20; index++) messages.push({ ...mail });
    // what the documentation leaves to the app: to say that there is more
    transporter.emit('idle');
    await until(() => settled === 21);
    expect(harness.sandbox.messages).toHaveLength(21);
  });
});

describe('messages that wait', () => {
  test('have not opened their files: one that is made later is sent', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'queued-'));
    try {
      const { transporter } = create({ maxConnections: 1 });
      harness.sandbox.fail({ operation: 'sendMail', delay: 200 });
      const first = transporter.sendMail(mail);
      const path = join(folder, 'report.txt');
      const second = transporter.sendMail({ ...mail, subject: 'with file', attachments: [{ path }] });
      await until(() => count('token') === 1);
      writeFileSync(path, 'made while the message waited');
      await Promise.all([first, second]);
      expect(harness.sandbox.messages[1]?.attachments[0]?.content.toString()).toBe('made while the message waited');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('fail by themselves when their stream fails meanwhile', async () => {
    const { transporter } = create({ maxConnections: 1 });
    harness.sandbox.fail({ operation: 'sendMail', delay: 200 });
    const first = transporter.sendMail(mail);
    const stream = new Readable({ read: () => undefined });
    const second = settle(transporter, { attachments: [{ filename: 'a.txt', content: stream }] });
    stream.destroy(new Error('the source went away'));
    await first;
    expect((await second).error).toMatchObject({ code: 'EMESSAGE', ambiguous: false, message: expect.stringContaining('went away') });
    expect(harness.sandbox.messages).toHaveLength(1);
  });

  const many = testsInFull ? 10_000 : 1_000;
  test(`${many} of them read nothing, and end when the signal they share aborts`, async () => {
    const { transport, transporter } = create({ maxConnections: 1 });
    harness.sandbox.fail({ operation: 'sendMail', delay: 60_000 });
    let opened = 0;
    const content = () =>
      new Readable({
        read() {
          opened++;
          this.push(null);
        },
      });
    const controller = new AbortController();
    const all = Array.from({ length: many }, () =>
      settle(transporter, { signal: controller.signal, attachments: [{ filename: 'a.txt', content: content() }] }),
    );
    // the first one runs
    await until(() => transport.pendingCount() === many && opened > 0);
    expect(opened).toBe(1);
    controller.abort();
    const codes = (await Promise.all(all)).map(({ error }) => error?.code);
    expect(new Set(codes)).toEqual(new Set(['EABORT']));
    expect(transport.pendingCount()).toBe(0);
    expect(opened).toBe(1);
  });
});

describe('mailboxes do not wait for each other', () => {
  const others = ['alerts@contoso.com', 'invoices@contoso.com'];

  test('however many of them get no answer', async () => {
    const { transporter } = create();
    await transporter.sendMail(mail);
    for (const mailbox of ['noreply@contoso.com', 'alerts@contoso.com']) {
      harness.sandbox.fail({ operation: 'sendMail', mailbox, delay: 60_000, times: Infinity });
      for (let index = 0; index < 4; index++) void settle(transporter, { from: mailbox, graph: { mailbox } });
    }
    const { info } = await settle(transporter, { from: 'invoices@contoso.com', graph: { mailbox: 'invoices@contoso.com' } });
    expect(info?.mailbox).toBe('invoices@contoso.com');
  });

  test('under a rate limit they take turns', async () => {
    const { transporter } = create({ rateLimit: 1, rateDelta: 20 });
    const many = Array.from({ length: 40 }, (_, index) => settle(transporter, { subject: `many ${index}` }));
    const few = others.map((mailbox) => settle(transporter, { from: mailbox, subject: mailbox, graph: { mailbox } }));
    await Promise.all(few);
    expect(harness.sandbox.messages.filter(({ subject }) => subject.startsWith('many')).length).toBeLessThan(20);
    await Promise.all(many);
    expect(harness.sandbox.messages).toHaveLength(42);
  });
});

test('FIFO: messages of a mailbox leave in the order they were handed over', async () => {
  const { transporter } = create({ maxConnections: 1 });
  await Promise.all(Array.from({ length: 30 }, (_, index) => transporter.sendMail({ ...mail, subject: `${index}` })));
  expect(harness.sandbox.messages.map(({ subject }) => Number(subject))).toEqual(Array.from({ length: 30 }, (_, index) => index));
});

describe('a pause', () => {
  test('that ends repeats also holds the next message, which would only meet the same refusal', async () => {
    const { transporter } = create({ maxConnections: 1, retries: 0 });
    await transporter.sendMail(mail);
    harness.sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'Retry-After': '1' } });
    const [first, second] = await Promise.all([settle(transporter), settle(transporter)]);
    expect(first.error).toMatchObject({ httpStatus: 429, retryAfter: 1, ambiguous: false });
    expect(second.info?.attempts).toBe(1);
    const [, refused, next] = harness.sandbox.requests.filter(({ operation }) => operation === 'sendMail');
    expect(Number(next?.startedAt) - Number(refused?.startedAt)).toBeGreaterThanOrEqual(1000);
  });
});
