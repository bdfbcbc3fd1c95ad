import { context, metrics, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { MeterProvider } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import nodemailer from 'nodemailer';
import type { GraphTransportOptions } from '../../lib/index.js';
import { GraphTransportInstrumentation, type GraphTransportInstrumentationConfig } from '../../lib/telemetry/index.js';
import { useSandbox } from '../support/use-sandbox.js';
import { asyncContexts, memoryMeters } from './support.js';

const use = useSandbox();
const spans = new InMemorySpanExporter();
const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
const instrumentations: GraphTransportInstrumentation[] = [];
const meterProviders: MeterProvider[] = [];

beforeAll(() => context.setGlobalContextManager(asyncContexts()));
afterEach(async () => {
  for (const instrumentation of instrumentations.splice(0)) instrumentation.disable();
  for (const provider of meterProviders.splice(0)) await provider.shutdown();
  trace.disable();
  metrics.disable();
  spans.reset();
});
afterAll(() => context.disable());

/** What the SDK does in an app: its providers are registered globally. */
function instrument(config?: GraphTransportInstrumentationConfig) {
  trace.setGlobalTracerProvider(tracers);
  const { provider, measured } = meters();
  metrics.setGlobalMeterProvider(provider);
  const instrumentation = new GraphTransportInstrumentation(config);
  instrumentations.push(instrumentation);
  return { instrumentation, measured };
}

function meters() {
  const all = memoryMeters();
  meterProviders.push(all.provider);
  return all;
}

const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'Invoice', text: 'As agreed.' };

const send = (data: object = {}, options: Partial<GraphTransportOptions> = {}) =>
  nodemailer.createTransport(use.transport({ maxRetryDelay: 10, ...options })).sendMail({ ...mail, ...data });

const named = (name: string) => spans.getFinishedSpans().filter((span) => span.name === name);
const only = (name: string): ReadableSpan => {
  const found = named(name);
  expect(found).toHaveLength(1);
  return found[0] as ReadableSpan;
};
const POST = 'POST /v1.0/users/{user}/sendMail';

test("a message's span is a child of the app's active one, and its requests are children of the message's", async () => {
  instrument();
  const tracer = trace.getTracer('app');
  use.sandbox.fail({ operation: 'sendMail', status: 503, headers: { 'Retry-After': '0' } });
  const info = await tracer.startActiveSpan('order', async (span) => {
    const sent = await send();
    span.end();
    return sent;
  });
  const order = only('order');
  const message = only('sendMail');
  const requests = named(POST);
  expect(message.parentSpanContext?.spanId).toBe(order.spanContext().spanId);
  expect(message.kind).toBe(SpanKind.PRODUCER);
  expect(message.status.code).toBe(SpanStatusCode.UNSET);
  expect(message.instrumentationScope.name).toBe('nodemailer-graph-transport');
  expect(message.attributes).toEqual({
    'messaging.system': 'microsoft_graph',
    'messaging.operation.name': 'sendMail',
    'messaging.operation.type': 'send',
    'messaging.destination.name': 'noreply@contoso.com',
    'messaging.message.id': info.messageId,
    'messaging.message.envelope.size': info['messageSize'],
    'nodemailer.graph.by': 'transport',
    'nodemailer.graph.format': 'json',
    'nodemailer.graph.route': 'sendMail',
    'nodemailer.graph.outcome': 'sent',
    'nodemailer.graph.recipients': 1,
    'nodemailer.graph.queue.duration': expect.any(Number),
    'nodemailer.graph.request_id': info['requestId'],
    'nodemailer.graph.attempts': 2,
    'nodemailer.graph.throttled': 1,
  });
  expect(requests).toHaveLength(2);
  for (const request of [...requests, ...named('sign in')]) {
    expect(request.spanContext().traceId).toBe(order.spanContext().traceId);
    expect(request.parentSpanContext?.spanId).toBe(message.spanContext().spanId);
  }
  const [first, second] = requests;
  const { hostname, port, origin } = new URL(use.sandbox.options.graphEndpoint);
  expect(first?.kind).toBe(SpanKind.CLIENT);
  expect(first?.status.code).toBe(SpanStatusCode.ERROR);
  expect(first?.attributes).toEqual({
    'http.request.method': 'POST',
    'http.request.body.size': expect.any(Number),
    'http.response.status_code': 503,
    'http.response.header.retry-after': ['0'],
    'error.type': '503',
    'server.address': hostname,
    'server.port': Number(port),
    'url.full': `${origin}/v1.0/users/{user}/sendMail`,
    'url.template': '/v1.0/users/{user}/sendMail',
    'nodemailer.graph.client_request_id': expect.any(String),
    'nodemailer.graph.request_id': expect.any(String),
  });
  expect(second?.attributes).toMatchObject({ 'http.response.status_code': 202, 'http.request.resend_count': 1 });
  expect(second?.attributes).not.toHaveProperty('error.type');
});

test('a message that fails has its code, and not a text that may name somebody; so has a refused sign-in', async () => {
  const { measured } = instrument();
  use.sandbox.fail({ operation: 'sendMail', status: 403, code: 'ErrorSendAsDenied', message: 'not for reader@example.com' });
  const error: unknown = await send().catch((thrown: unknown) => thrown);
  const message = only('sendMail');
  expect(message.status).toEqual({ code: SpanStatusCode.ERROR, message: (error as { code: string }).code });
  expect(message.attributes).toMatchObject({
    'error.type': (error as { code: string }).code,
    'nodemailer.graph.error_code': 'ErrorSendAsDenied',
    'nodemailer.graph.http_status': 403,
    'nodemailer.graph.outcome': 'failed',
  });
  use.sandbox.fail({ operation: 'token', status: 401, code: 'invalid_client', message: 'AADSTS7000222: expired', times: 9 });
  await send().catch(() => undefined);
  expect(named('sign in').at(-1)?.attributes['error.type']).toBe('AADSTS7000222');
  const all = await measured();
  expect(all['nodemailer.graph.sign_in.duration']).toContainEqual(
    expect.objectContaining({ attributes: { 'error.type': 'AADSTS7000222', 'nodemailer.graph.sign_in.needed': true } }),
  );
  const told = JSON.stringify([
    spans.getFinishedSpans().map(({ name, attributes, status, events }) => [name, attributes, status, events]),
    all,
  ]);
  expect(told).not.toContain('reader@example.com');
});

test('a code that is no code stays out of the spans', async () => {
  instrument();
  use.sandbox.fail({ operation: 'sendMail', status: 400, code: 'No: reader@example.com' });
  await expect(send()).rejects.toMatchObject({ graphCode: 'No: reader@example.com' });
  expect(only('sendMail').attributes['nodemailer.graph.error_code']).toBeUndefined();
  expect(JSON.stringify(spans.getFinishedSpans().map(({ attributes, events, status }) => [attributes, events, status]))).not.toContain(
    'reader',
  );
});

test('a request that was never answered has the reason', async () => {
  instrument();
  use.sandbox.fail({ operation: 'sendMail', cut: 'reset' });
  await send().catch(() => undefined);
  expect(only(POST)).toMatchObject({ status: { code: SpanStatusCode.ERROR }, attributes: { 'error.type': 'broken' } });
  expect(only('sendMail').attributes['nodemailer.graph.outcome']).toBe('ambiguous');
});

test('metrics: duration, ends, queue, size, attempts, losses, throttling, requests, sign-in, and none is active at the end', async () => {
  const { measured } = instrument();
  use.sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'Retry-After': '0' } });
  const info = await send({ html: '<p>As agreed.</p>', graph: { format: 'json' } }, { onLoss: 'ignore' });
  use.sandbox.fail({ operation: 'sendMail', status: 400, code: 'ErrorInvalidRecipients' });
  const error: unknown = await send({}, { onLoss: 'ignore' }).catch((thrown: unknown) => thrown);
  const all = await measured();
  const operation = {
    'messaging.system': 'microsoft_graph',
    'messaging.operation.name': 'sendMail',
    'messaging.operation.type': 'send',
    'messaging.destination.name': 'noreply@contoso.com',
    'nodemailer.graph.by': 'transport',
  };
  const way = { 'nodemailer.graph.format': 'json', 'nodemailer.graph.route': 'sendMail' };
  const sent = { ...operation, ...way, 'nodemailer.graph.outcome': 'sent' };
  const failed = { ...operation, ...way, 'nodemailer.graph.outcome': 'failed', 'error.type': (error as { code: string }).code };
  const point = (attributes: object, value: unknown) => expect.objectContaining({ attributes, value }) as unknown;
  const times = (count: number) => expect.objectContaining({ count }) as unknown;
  const total = (sum: number) => expect.objectContaining({ count: 1, sum }) as unknown;
  expect(Object.keys(all).toSorted()).toEqual([
    'http.client.request.body.size',
    'http.client.request.duration',
    'messaging.client.operation.duration',
    'messaging.client.sent.messages',
    'nodemailer.graph.losses',
    'nodemailer.graph.message.attempts',
    'nodemailer.graph.message.size',
    'nodemailer.graph.messages.active',
    'nodemailer.graph.queue.duration',
    'nodemailer.graph.sign_in.duration',
    'nodemailer.graph.throttled',
  ]);
  expect(all['messaging.client.operation.duration']).toEqual([point(sent, times(1)), point(failed, times(1))]);
  expect(all['messaging.client.sent.messages']).toEqual([point(sent, 1), point(failed, 1)]);
  expect(all['nodemailer.graph.messages.active']).toEqual([point({ 'nodemailer.graph.by': 'transport' }, 0)]);
  expect(all['nodemailer.graph.queue.duration']).toEqual([point(operation, times(2))]);
  expect(all['nodemailer.graph.message.size']).toEqual([point(sent, total(info['messageSize'])), point(failed, times(1))]);
  expect(all['nodemailer.graph.message.attempts']).toEqual([point(sent, total(2)), point(failed, total(1))]);
  expect(all['nodemailer.graph.losses']).toEqual([point({ ...operation, 'nodemailer.graph.feature': 'text' }, 1)]);
  expect(all['nodemailer.graph.throttled']).toEqual([point(operation, 1)]);
  expect(all['http.client.request.duration']?.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([429, 202, 400]);
  expect(all['nodemailer.graph.sign_in.duration']).toEqual([point({ 'nodemailer.graph.sign_in.needed': true }, times(2))]);
});

test('mailbox: false leaves no address anywhere', async () => {
  const { measured } = instrument({ mailbox: false });
  await send();
  await send({}, { route: 'draft' });
  const told = JSON.stringify([spans.getFinishedSpans().map(({ name, attributes }) => [name, attributes]), await measured()]);
  // the Message-ID has the sender's domain
  expect(told.replaceAll(/"messaging\.message\.id":"[^"]+"/g, '')).not.toContain('contoso');
  expect(named('sendMail')).toHaveLength(2);
});

test('requests: false leaves the requests to others, and the message active for their spans', async () => {
  const { measured } = instrument({ requests: false });
  const parents: (string | undefined)[] = [];
  const credential = {
    getToken: async () => {
      parents.push(trace.getSpan(context.active())?.spanContext().spanId);
      return { token: 'a.b.c', expiresOnTimestamp: Date.now() + 3_600_000 };
    },
  };
  const { graphEndpoint } = use.sandbox.options;
  const options = { tenantId: undefined, clientId: undefined, clientSecret: undefined, credential, graphEndpoint };
  await send({}, options).catch(() => undefined);
  expect(named(POST)).toEqual([]);
  expect(await measured()).not.toHaveProperty('http.client.request.duration');
  const signIn = named('sign in')[0];
  expect(parents[0]).toBe(signIn?.spanContext().spanId);
  expect(signIn?.parentSpanContext?.spanId).toBe(only('sendMail').spanContext().spanId);
});

test('it takes what registerInstrumentations() hands over, and providers that are registered after it', async () => {
  const own = new GraphTransportInstrumentation({ enabled: false });
  instrumentations.push(own);
  expect(own.getConfig()).toEqual({ enabled: false, mailbox: true, requests: true });
  await send();
  expect(spans.getFinishedSpans()).toEqual([]);
  // as registerInstrumentations() does
  const { provider, measured } = meters();
  own.setTracerProvider(tracers);
  own.setMeterProvider(provider);
  own.enable();
  own.enable();
  await send();
  expect(named('sendMail')).toHaveLength(1);
  expect((await measured())['messaging.client.sent.messages']).toHaveLength(1);
  own.disable();

  const early = new GraphTransportInstrumentation();
  instrumentations.push(early);
  await send();
  const later = meters();
  metrics.setGlobalMeterProvider(later.provider);
  trace.setGlobalTracerProvider(tracers);
  await send();
  expect(named('sendMail')).toHaveLength(2);
  expect(await later.measured()).toMatchObject({ 'messaging.client.sent.messages': [{ value: 1 }] });
});

test('disable() ends it, setConfig() changes it', async () => {
  const { instrumentation } = instrument();
  instrumentation.disable();
  await send();
  expect(spans.getFinishedSpans()).toEqual([]);
  instrumentation.setConfig({ mailbox: false });
  await send();
  expect(only('sendMail').attributes).not.toHaveProperty('messaging.destination.name');
  instrumentation.setConfig({ enabled: false });
  await send();
  expect(named('sendMail')).toHaveLength(1);
});

test('messages that wait for each other keep their own context', async () => {
  instrument();
  const tracer = trace.getTracer('app');
  const transporter = nodemailer.createTransport(use.transport({ maxConnections: 1 }));
  await Promise.all(
    ['a', 'b', 'c', 'd'].map((name) =>
      tracer.startActiveSpan(name, async (span) => {
        await transporter.sendMail(mail);
        expect(trace.getActiveSpan()).toBe(span);
        span.end();
      }),
    ),
  );
  const byId = new Map(spans.getFinishedSpans().map((span) => [span.spanContext().spanId, span]));
  const wayOf = (span: ReadableSpan): string[] => {
    const parent = byId.get(span.parentSpanContext?.spanId ?? '');
    return [...(parent ? wayOf(parent) : []), span.name];
  };
  expect(named(POST).map(wayOf).toSorted()).toEqual(['a', 'b', 'c', 'd'].map((name) => [name, 'sendMail', POST]));
});

test.each([
  [null, 'it takes options such as { mailbox: false }, not null'],
  [{ mailbox: 'yes' }, `"mailbox" must be true or false, not 'yes'`],
  [{ request: false }, 'unknown option "request": there are enabled, mailbox, requests'],
  [{ toString: true }, 'unknown option "toString"'],
])('%j is refused', (config, message) => {
  const create = () => new GraphTransportInstrumentation(config as never);
  expect(create).toThrow(expect.objectContaining({ code: 'ECONFIG', message: expect.stringContaining(message) as string }));
});
