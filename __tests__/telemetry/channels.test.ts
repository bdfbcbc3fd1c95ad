import { AsyncLocalStorage } from 'node:async_hooks';
import diagnosticsChannel from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import nodemailer from 'nodemailer';
import type { GraphTransportOptions, TracedMessage, TracedRequest, TracedSignIn } from '../../lib/index.js';
import { templateOf } from '../../lib/graph/trace-request.js';
import { useSandbox } from '../support/use-sandbox.js';

const use = useSandbox();
const unsubscribe: (() => void)[] = [];
afterEach(() => {
  for (const end of unsubscribe.splice(0)) end();
});

type Name = 'message' | 'request' | 'sign-in';
type Phase = 'start' | 'end' | 'asyncStart' | 'asyncEnd' | 'error';

/** What a subscriber of one channel is told, by the names that are documented. */
function hear<Event>(name: Name, phase: Phase, listener: (event: Event) => void = () => undefined): Event[] {
  const heard: Event[] = [];
  const channel = `tracing:nodemailer-graph-transport:${name}:${phase}`;
  const on = (event: unknown) => {
    heard.push(event as Event);
    listener(event as Event);
  };
  diagnosticsChannel.subscribe(channel, on);
  unsubscribe.push(() => diagnosticsChannel.unsubscribe(channel, on));
  return heard;
}

const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', bcc: 'hidden@example.com', subject: 'Secret plan', text: 'Whisper' };

const send = (data: object = {}, options: Partial<GraphTransportOptions> = {}) =>
  nodemailer.createTransport(use.transport({ maxRetryDelay: 10, ...options })).sendMail({ ...mail, ...data });

test('a message is told of when it comes and when it has ended, with all an operator needs', async () => {
  const started: object[] = [];
  hear<TracedMessage>('message', 'start', (event) => started.push({ ...event }));
  const ended = hear<TracedMessage>('message', 'asyncEnd');
  const info = await send({ html: '<p>Whisper</p>', graph: { format: 'json' } }, { onLoss: 'ignore' });
  expect(started).toEqual([expect.objectContaining({ by: 'transport', mailbox: undefined, outcome: undefined })]);
  expect(ended).toEqual([
    {
      by: 'transport',
      mailbox: 'noreply@contoso.com',
      messageId: info.messageId,
      format: 'json',
      route: 'sendMail',
      recipients: 2,
      size: info['messageSize'],
      losses: ['text'],
      queueTime: expect.any(Number) as number,
      attempts: 1,
      throttled: 0,
      requestId: info['requestId'],
      outcome: 'sent',
    },
  ]);
});

test('a request is told of with its message, status and ids, and how often it was made before', async () => {
  const ended = hear<TracedRequest>('request', 'asyncEnd');
  const messages = hear<TracedMessage>('message', 'asyncEnd');
  use.sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'Retry-After': '0' } });
  use.sandbox.fail({ operation: 'sendMail', status: 401, code: 'InvalidAuthenticationToken' });
  const info = await send();
  const [message] = messages;
  expect(message).toMatchObject({ attempts: 3, throttled: 1, outcome: 'sent' });
  expect(ended.map(({ status, resend, retryAfter }) => ({ status, resend, retryAfter }))).toEqual([
    { status: 429, resend: 0, retryAfter: '0' },
    { status: 401, resend: 1, retryAfter: undefined },
    { status: 202, resend: 2, retryAfter: undefined },
  ]);
  const sent = use.sandbox.requests.filter(({ operation }) => operation === 'sendMail');
  for (const [index, request] of ended.entries()) {
    expect(request).toMatchObject({
      method: 'POST',
      origin: use.sandbox.options.graphEndpoint,
      path: '/v1.0/users/{user}/sendMail',
      size: sent[index]?.bytes,
      clientRequestId: sent[index]?.headers['client-request-id'],
      message,
    });
  }
  expect(ended.at(-1)?.requestId).toBe(info['requestId']);
});

test('the draft route: every step, chunks of an upload session included, without ids and without the URL that is a token', async () => {
  const ended = hear<TracedRequest>('request', 'asyncEnd');
  const messages = hear<TracedMessage>('message', 'asyncEnd');
  const attachments = [{ filename: 'plan.bin', content: Buffer.alloc(5 * 1024 * 1024, 7) }];
  await send({ attachments });
  expect(messages).toMatchObject([{ route: 'draft', outcome: 'sent', attempts: ended.length }]);
  expect(messages[0]?.size).toBeGreaterThan(5 * 1024 * 1024);
  expect(ended.map(({ method, path, status }) => `${method} ${path} ${status}`)).toEqual([
    'POST /v1.0/users/{user}/messages 201',
    'POST /v1.0/users/{user}/messages/{message}/attachments/createUploadSession 201',
    'PUT /{session} 200',
    'PUT /{session} 201',
    'POST /v1.0/users/{user}/messages/{message}/send 202',
  ]);
  expect(ended.filter(({ method }) => method === 'PUT').map(({ size }) => size)).toEqual([
    12 * 320 * 1024,
    5 * 1024 * 1024 - 12 * 320 * 1024,
  ]);
});

test('what failed and what is ambiguous ends with the error that sendMail() rejects with', async () => {
  const ended = hear<TracedMessage>('message', 'asyncEnd');
  const errors = hear<TracedMessage>('message', 'error');
  use.sandbox.fail({ operation: 'sendMail', status: 403, code: 'ErrorSendAsDenied' });
  const refused: unknown = await send().catch((error: unknown) => error);
  use.sandbox.fail({ operation: 'sendMail', cut: 'reset', accepted: true });
  const unclear: unknown = await send().catch((error: unknown) => error);
  const wrong: unknown = await send({ to: [], bcc: [] }).catch((error: unknown) => error);
  expect(ended.map(({ outcome }) => outcome)).toEqual(['failed', 'ambiguous', 'failed']);
  expect(ended.map(({ error }) => error)).toEqual([refused, unclear, wrong]);
  expect(errors).toEqual(ended);
  expect(ended[2]).toMatchObject({ attempts: 0, mailbox: 'noreply@contoso.com' });
});

test('a request without an answer tells why', async () => {
  const ended = hear<TracedRequest>('request', 'asyncEnd');
  use.sandbox.fail({ operation: 'sendMail', cut: 'reset' });
  await send().catch(() => undefined);
  expect(ended).toMatchObject([{ failure: 'broken', message: { outcome: 'ambiguous' } }]);
  expect(ended[0]?.status).toBeUndefined();
});

test('signing in is told of, once for many messages, and a refused one by its code alone', async () => {
  const ended = hear<TracedSignIn>('sign-in', 'asyncEnd');
  const transporter = nodemailer.createTransport(use.transport());
  await Promise.all([transporter.sendMail(mail), transporter.sendMail(mail), transporter.sendMail(mail)]);
  expect(ended).toEqual([{ needed: true }]);
  use.sandbox.fail({ operation: 'token', status: 401, code: 'invalid_client', message: 'AADSTS7000215: Invalid client secret.', times: 9 });
  await expect(send()).rejects.toMatchObject({ code: 'EAUTH' });
  expect(ended.slice(1)).toContainEqual({ needed: true, failure: 'AADSTS7000215' });
  expect(new Set(ended.slice(1).map(({ failure }) => failure))).toEqual(new Set(['AADSTS7000215']));
});

test("verify()'s requests belong to no message", async () => {
  const ended = hear<TracedRequest>('request', 'asyncEnd');
  await use.transport().verify();
  expect(ended.length).toBeGreaterThan(0);
  for (const { message, status } of ended)
    expect({ message, status: status ?? 0 }).toEqual({ message: undefined, status: expect.any(Number) });
});

test('neither recipients nor subject nor contents nor secrets nor tokens stand in what is told', async () => {
  const told: unknown[] = [];
  for (const name of ['message', 'request', 'sign-in'] as const) {
    for (const phase of ['start', 'end', 'asyncStart', 'asyncEnd'] as const) hear(name, phase, (event) => void told.push(event));
  }
  const credential = { getToken: async () => ({ token: 'opaque-token-of-the-app', expiresOnTimestamp: Date.now() + 3_600_000 }) };
  await send({ attachments: [{ filename: 'payroll.bin', content: Buffer.alloc(5 * 1024 * 1024, 7) }] });
  const { graphEndpoint, mailbox } = use.sandbox.options;
  await nodemailer
    .createTransport(
      use.transport({ tenantId: undefined, clientId: undefined, clientSecret: undefined, credential, graphEndpoint, mailbox }),
    )
    .sendMail(mail)
    .catch(() => undefined);
  const text = inspect(
    told.map((event) => ({ ...(event as object), error: undefined })),
    { depth: 10, maxArrayLength: null },
  );
  expect(text).toContain('noreply@contoso.com');
  for (const secret of [
    'example.com',
    'Secret plan',
    'Whisper',
    'payroll',
    'opaque-token',
    'Bearer',
    'eyJ',
    'authtoken',
    use.sandbox.options.clientSecret,
  ])
    expect(text).not.toContain(secret);
});

test('whoever listens to requests alone is told of their message, too', async () => {
  const ended = hear<TracedRequest>('request', 'asyncEnd');
  const { messageId } = await send();
  expect(ended).toMatchObject([{ message: { messageId, mailbox: 'noreply@contoso.com' } }]);
});

test('an async context that a subscriber binds to the channel reaches the requests', async () => {
  const store = new AsyncLocalStorage<TracedMessage>();
  const { start } = diagnosticsChannel.tracingChannel<TracedMessage, TracedMessage>('nodemailer-graph-transport:message');
  start.bindStore(store, (event) => event);
  unsubscribe.push(() => start.unbindStore(store));
  const found: unknown[] = [];
  const requests = hear<TracedRequest>('request', 'start', () => found.push(store.getStore()));
  await send();
  expect(found).toEqual([requests[0]?.message]);
});

test('run() of a subscriber that does not run the task is an error that names the channel, and no silence', async () => {
  hear<TracedMessage>('message', 'start', (event) => {
    event.run = async () => undefined as never;
  });
  await expect(send()).rejects.toThrow('a subscriber of tracing:nodemailer-graph-transport:message:start has to call the task');
  expect(use.sandbox.messages).toHaveLength(0);
});

test('without subscribers nothing is told, and nothing is left on the channels after them', async () => {
  for (const name of ['message', 'request', 'sign-in']) {
    for (const phase of ['start', 'end', 'asyncStart', 'asyncEnd', 'error'])
      expect(diagnosticsChannel.hasSubscribers(`tracing:nodemailer-graph-transport:${name}:${phase}`)).toBe(false);
  }
  const heard = hear<TracedMessage>('message', 'asyncEnd');
  for (const end of unsubscribe.splice(0)) end();
  await send();
  expect(heard).toEqual([]);
});

test.each([
  ['/v1.0/users/a@contoso.com/sendMail', '/v1.0/users/{user}/sendMail'],
  ['/v1.0/me/sendMail', '/v1.0/me/sendMail'],
  ['/v1.0/me/messages/AAMk%2F1/attachments', '/v1.0/me/messages/{message}/attachments'],
  [
    '/v1.0/users/1-2/messages/AAMk/attachments/createUploadSession',
    '/v1.0/users/{user}/messages/{message}/attachments/createUploadSession',
  ],
  ['/v1.0/users/1-2/mailFolders/AAMkAD_x=/messages/delta', '/v1.0/users/{user}/mailFolders/{folder}/messages/delta'],
  ['/v1.0/users/1-2/messages/AAMk/permanentDelete', '/v1.0/users/{user}/messages/{message}/permanentDelete'],
  ['/v1.0/admin/exchange/tracing/messageTraces', '/v1.0/admin/exchange/tracing/messageTraces'],
  [
    "/v1.0/admin/exchange/tracing/messageTraces/7e3b-1/getDetailsByRecipient(recipientAddress='a@example.com')",
    '/v1.0/admin/exchange/tracing/messageTraces/{trace}/getDetailsByRecipient({arguments})',
  ],
  ['/v1.0/users/1-2/mailFolders/drafts/messages', '/v1.0/users/{user}/mailFolders/drafts/messages'],
])('the path %s is told as %s', (path, template) => {
  expect(templateOf(path)).toBe(template);
});
