import assert from 'node:assert/strict';
import { propagation, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { BullMQOtel } from 'bullmq-otel';
import nodemailer from 'nodemailer';
import { openOutbox, outboxTransport, startOutboxWorker } from 'nodemailer-graph-transport/outbox';
import { target } from './target.mjs';

const exporter = new InMemorySpanExporter();
// what an SDK for Node.js sets up by itself: how a trace goes from app to worker
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));

const { connection, graph, mailbox } = target;
const options = { connection, prefix: 'telemetry', telemetry: new BullMQOtel('mail') };
const mailer = nodemailer.createTransport(outboxTransport({ ...options, mailbox }));
await mailer.sendMail({ to: 'reader@example.com', subject: 'traced', text: 'x', outbox: { id: 'traced' } });
const worker = await startOutboxWorker({ ...options, graph, mailboxes: [mailbox] });
const outbox = openOutbox({ connection, prefix: 'telemetry' });
assert.equal((await outbox.wait('traced')).state, 'sent');
await worker.close();
mailer.close();
await outbox.close();

const spans = exporter.getFinishedSpans();
const added = spans.find(({ name }) => /^add /.test(name));
const processed = spans.find(({ name }) => /^process /.test(name));
assert.ok(added && processed, `spans: ${spans.map(({ name }) => name).join(', ')}`);
const ids = [processed.spanContext().traceId, ...processed.links.map((link) => link.context.traceId)];
assert.ok(ids.includes(added.spanContext().traceId));
console.log('ok');
process.exit();
