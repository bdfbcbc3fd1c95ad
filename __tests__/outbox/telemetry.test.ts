import { context, propagation, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { GraphTransportInstrumentation } from '../../lib/telemetry/index.js';
import { describeWith } from '../support/require-program.js';
import { asyncContexts } from '../telemetry/support.js';
import { mail, useOutbox } from './support/use-outbox.js';

const { BullMQOtel } = jest.requireActual<{ BullMQOtel: new (options: { tracerName: string }) => object }>('bullmq-otel');

describeWith('redis-server', 'telemetry of the outbox', (program) => {
  const use = useOutbox(program);
  const spans = new InMemorySpanExporter();
  let instrumentation: GraphTransportInstrumentation;

  beforeAll(() => {
    context.setGlobalContextManager(asyncContexts());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }));
    instrumentation = new GraphTransportInstrumentation();
  });
  afterEach(() => spans.reset());
  afterAll(() => {
    instrumentation.disable();
    for (const api of [trace, propagation, context]) api.disable();
  });

  const turns = () => spans.getFinishedSpans().filter(({ name }) => name === 'sendMail');

  /** The names of a span and of all above it, outermost first. */
  function wayOf(span: ReadableSpan): string[] {
    const parent = spans.getFinishedSpans().find((other) => other.spanContext().spanId === span.parentSpanContext?.spanId);
    return [...(parent ? wayOf(parent) : []), span.name];
  }

  it('is one trace from the request that queued a message to the requests that sent it, on another machine, too', async () => {
    const telemetry = new BullMQOtel({ tracerName: 'mail' });
    const worker = await use.worker({ telemetry });
    const mailer = use.mailer({ telemetry, route: 'sendMail' });
    const { traceId, id } = await trace.getTracer('app').startActiveSpan('order', async (span) => {
      const info = await mailer.sendMail(mail());
      span.end();
      return { traceId: span.spanContext().traceId, id: info.id };
    });
    await use.outbox().wait(id);
    // BullMQ's own span ends when the job has
    await worker.close();
    const [turn] = turns();
    expect(turn?.attributes).toMatchObject({
      'messaging.destination.name': 'noreply@contoso.com',
      'nodemailer.graph.by': 'outbox',
      'nodemailer.graph.outcome': 'sent',
      'nodemailer.graph.attempts': 1,
      'nodemailer.graph.recipients': 1,
      'messaging.message.envelope.size': use.sandbox.requests.find(({ operation }) => operation === 'sendMail')?.bytes,
      'nodemailer.graph.queue.duration': expect.any(Number) as number,
    });
    const request = spans.getFinishedSpans().find(({ name }) => name.endsWith('/sendMail')) as ReadableSpan;
    const way = wayOf(request);
    expect(way[0]).toBe('order');
    expect(way.slice(-2)).toEqual(['sendMail', 'POST /v1.0/users/{user}/sendMail']);
    // BullMQ's: one for adding, one for processing
    expect(way.length).toBeGreaterThanOrEqual(5);
    expect(request.spanContext().traceId).toBe(traceId);
  });

  it('tells of every turn: a message that waits is no message that failed', async () => {
    const worker = await use.worker({ graph: { ...use.graph, retries: 1 } });
    use.sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'Retry-After': '1' }, times: 2 });
    const { id } = await use.mailer({ route: 'sendMail' }).sendMail(mail());
    expect(await use.outbox().wait(id)).toMatchObject({ state: 'sent' });
    await worker.close();
    const outcomes = turns().map(({ attributes }) => attributes['nodemailer.graph.outcome']);
    expect(outcomes.at(-1)).toBe('sent');
    expect(outcomes.slice(0, -1).length).toBeGreaterThan(0);
    expect(outcomes.slice(0, -1).every((outcome) => outcome === 'later' || outcome === 'held')).toBe(true);
    expect(turns().reduce((sum, { attributes }) => sum + Number(attributes['nodemailer.graph.throttled']), 0)).toBe(2);
  });

  it('tells why a message failed', async () => {
    const worker = await use.worker();
    use.sandbox.fail({ operation: 'sendMail', status: 400, code: 'ErrorInvalidRecipients' });
    const { id } = await use.mailer({ route: 'sendMail' }).sendMail(mail());
    expect(await use.outbox().wait(id)).toMatchObject({ state: 'failed' });
    await worker.close();
    expect(turns().at(-1)?.attributes).toMatchObject({
      'nodemailer.graph.outcome': 'failed',
      'nodemailer.graph.error_code': 'ErrorInvalidRecipients',
      'nodemailer.graph.http_status': 400,
    });
  });
});
