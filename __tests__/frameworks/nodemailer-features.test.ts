import { Readable, Transform } from 'node:stream';
import { nodemailerVersions } from '../support/nodemailer-versions.js';
import { useSandbox } from './support/use-sandbox.js';

const tests = useSandbox();
const { transport, arrived, graphRequests } = tests;

const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'Report', text: 'Hello' };

describe.each(nodemailerVersions)('Nodemailer %s: what its own plugins and options do', (_version, nodemailer) => {
  test('compile and stream plugins run in their order and what they change arrives', async () => {
    const steps: string[] = [];
    const transporter = nodemailer.createTransport(transport());
    const chained = transporter
      .use('stream', ({ data, message }, done) => {
        steps.push('stream');
        message.setHeader('X-Stream', String(data.subject));
        setImmediate(done);
      })
      .use('compile', (compiling, done) => {
        steps.push('compile 1');
        compiling.data.subject = `${String(compiling.data.subject)} 1`;
        setImmediate(done);
      })
      .use('compile', (compiling, done) => {
        steps.push('compile 2');
        compiling.data.subject += ' 2';
        compiling.data.attachments = [{ filename: 'added.txt', content: Readable.from(['by a plugin']) }];
        done();
      });
    expect(chained).toBe(transporter);
    await transporter.sendMail({ ...mail });
    expect(steps).toEqual(['compile 1', 'compile 2', 'stream']);
    const { subject, headers, attachments } = arrived();
    expect(subject).toBe('Report 1 2');
    expect(headers).toContainEqual({ name: 'X-Stream', value: 'Report 1 2' });
    expect(attachments[0]?.content.toString()).toBe('by a plugin');
  });

  test.each(['compile', 'stream'] as const)(
    'a %s plugin that fails settles the message with its error, and nothing is sent',
    async (step) => {
      const transporter = nodemailer.createTransport(transport());
      const failure = new Error('no such template');
      transporter.use(step, (_mail, done) => setImmediate(() => done(failure)));
      await expect(transporter.sendMail(mail)).rejects.toBe(failure);
      expect(graphRequests()).toEqual([]);
      expect(transporter.isIdle()).toBe(true);
    },
  );

  test('a transform that fails settles the message with EMESSAGE, and nothing is sent', async () => {
    const transporter = nodemailer.createTransport(transport());
    const transform = () => new Transform({ transform: (_chunk, _encoding, done) => done(new Error('the smart card is gone')) });
    transporter.use('stream', ({ message }, done) => (message.transform(transform), done()));
    await expect(transporter.sendMail(mail)).rejects.toMatchObject({
      code: 'EMESSAGE',
      message: expect.stringContaining('the smart card is gone'),
    });
    expect(graphRequests()).toEqual([]);
  });

  test('the defaults of createTransport apply: addresses, headers, graph; the message overrides them', async () => {
    const defaults = {
      from: 'Contoso <noreply@contoso.com>',
      replyTo: 'help@contoso.com',
      headers: { 'X-Tenant': 'contoso', 'X-Kind': 'default' },
      graph: { saveToSentItems: false },
    };
    const transporter = nodemailer.createTransport(transport(), defaults);
    await transporter.sendMail({ to: mail.to, subject: 'Report', text: 'Hello', headers: { 'X-Kind': 'report' } });
    const { from, replyTo, headers, savedToSentItems } = arrived();
    expect(from).toEqual({ name: 'Contoso', address: 'noreply@contoso.com' });
    expect(replyTo.map(({ address }) => address)).toEqual(['help@contoso.com']);
    expect(headers).toContainEqual({ name: 'X-Tenant', value: 'contoso' });
    expect(headers).toContainEqual({ name: 'X-Kind', value: 'report' });
    expect(savedToSentItems).toBe(false);
  });

  test('attachDataUrls turns data: images into inline attachments', async () => {
    const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    const transporter = nodemailer.createTransport(transport());
    await transporter.sendMail({ ...mail, text: '', html: `<img src="data:image/png;base64,${pixel}">`, attachDataUrls: true });
    const { html, attachments } = arrived();
    expect(attachments).toMatchObject([{ contentType: 'image/png', isInline: true }]);
    expect(attachments[0]?.content.toString('base64')).toBe(pixel);
    expect(html).toBe(`<img src="cid:${attachments[0]?.contentId}">`);
  });

  test('sendMail with a callback gives it the info and returns nothing', async () => {
    const transporter = nodemailer.createTransport(transport());
    const { error, info, returned } = await new Promise<{ error: unknown; info: unknown; returned: unknown }>((resolve) => {
      const returned: unknown = transporter.sendMail(mail, (error, info) => resolve({ error, info, returned }));
    });
    expect(error).toBeNull();
    expect(info).toMatchObject({ accepted: ['reader@example.com'], messageId: arrived().messageId });
    expect(returned).toBeUndefined();
  });

  test('a signal cancels a message that waits, and the others arrive', async () => {
    // the first one is under way until the second one is cancelled
    const transporter = nodemailer.createTransport(transport({ maxConnections: 1 }));
    const controller = new AbortController();
    let open = (): void => undefined;
    const held = new Promise<void>((resolve) => (open = resolve));
    transporter.use('stream', ({ data, message }, done) => {
      const wait = () => new Transform({ transform: (chunk, _encoding, next) => void held.then(() => next(null, chunk)) });
      if (data.subject === 'first') message.transform(wait);
      done();
    });
    const first = transporter.sendMail({ ...mail, subject: 'first' });
    const second = transporter.sendMail({ ...mail, subject: 'second', signal: controller.signal });
    const third = transporter.sendMail({ ...mail, subject: 'third' });
    controller.abort();
    await expect(second).rejects.toMatchObject({ code: 'EABORT', name: 'AbortError' });
    open();
    await Promise.all([first, third]);
    expect(tests.sandbox.messages.map(({ subject }) => subject)).toEqual(['first', 'third']);
  });

  test('messages are pulled on idle, as from a pool: never more than there is room for, each sent once', async () => {
    const count = 20;
    const messages = Array.from({ length: count }, (_, index) => ({ ...mail, subject: `message ${index}` }));
    const transporter = nodemailer.createTransport(transport({ maxConnections: 2 }));
    const pulled: number[] = [];
    await new Promise<void>((resolve, reject) => {
      let sent = 0;
      // https://nodemailer.com/smtp/pooled#event-idle
      transporter.on('idle', () => {
        const before = messages.length;
        while (transporter.isIdle() && messages.length) {
          transporter.sendMail(messages.shift() ?? mail, (error) => {
            if (error) reject(error);
            else if (++sent === count) resolve();
          });
        }
        pulled.push(before - messages.length);
      });
    });
    expect(tests.sandbox.messages.map(({ subject }) => subject).sort()).toEqual(
      Array.from({ length: count }, (_, index) => `message ${index}`).sort(),
    );
    // two on their way and two that wait
    expect(Math.max(...pulled)).toBeLessThanOrEqual(4);
    expect(pulled.length).toBeGreaterThanOrEqual(count / 4);
  });

  test('close() ends it: what runs arrives, what waits fails, what comes later opens it again', async () => {
    const transporter = nodemailer.createTransport(transport({ maxConnections: 1 }));
    const running = transporter.sendMail({ ...mail, subject: 'running' });
    const waiting = transporter.sendMail({ ...mail, subject: 'waiting' });
    const waited = expect(waiting).rejects.toMatchObject({ code: 'ECONNECTION', ambiguous: false });
    transporter.close();
    await waited;
    expect(transporter.isIdle()).toBe(false);
    await transporter.sendMail({ ...mail, subject: 'later' });
    await expect(transporter.verify()).resolves.toBe(true);
    await running;
    expect(tests.sandbox.messages.map(({ subject }) => subject)).toEqual(['running', 'later']);
  });
});
