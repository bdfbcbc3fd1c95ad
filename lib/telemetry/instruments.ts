import { ValueType, type Counter, type Histogram, type Meter, type MeterProvider, type UpDownCounter } from '@opentelemetry/api';
import { VERSION } from '../base/version.js';

/** Name of tracer and meter. */
export const SCOPE = 'nodemailer-graph-transport';

/** Seconds; the bounds OpenTelemetry advises for HTTP, and what throttling adds. */
const SECONDS = {
  unit: 's',
  advice: { explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 120, 300] },
};
/** Bytes from 1 KiB to 150 MB, around Graph's limits of 3 and 4 MB. */
const BYTES = {
  unit: 'By',
  valueType: ValueType.INT,
  advice: {
    explicitBucketBoundaries: [1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 3_145_728, 4_194_304, 16_777_216, 67_108_864, 157_286_400],
  },
};

/** What is measured. The names of `messaging.*` and `http.*` are OpenTelemetry's. */
export interface Instruments {
  messageDuration: Histogram;
  messagesSent: Counter;
  active: UpDownCounter;
  queueDuration: Histogram;
  messageSize: Histogram;
  attempts: Histogram;
  losses: Counter;
  throttled: Counter;
  requestDuration: Histogram;
  requestSize: Histogram;
  signInDuration: Histogram;
}

export function createInstruments(provider: MeterProvider): Instruments {
  const meter: Meter = provider.getMeter(SCOPE, VERSION);
  const counter = (name: string, unit: string, description: string) =>
    meter.createCounter(name, { unit, description, valueType: ValueType.INT });
  return {
    messageDuration: meter.createHistogram('messaging.client.operation.duration', {
      ...SECONDS,
      description: 'Duration of a message, from sendMail() to its result, or of a turn in the outbox',
    }),
    messagesSent: counter('messaging.client.sent.messages', '{message}', 'Messages that have ended, sent or with error.type'),
    active: meter.createUpDownCounter('nodemailer.graph.messages.active', {
      unit: '{message}',
      valueType: ValueType.INT,
      description: 'Messages that wait or are on their way',
    }),
    queueDuration: meter.createHistogram('nodemailer.graph.queue.duration', {
      ...SECONDS,
      description: 'How long messages waited for the turn of their mailbox, or in the outbox',
    }),
    messageSize: meter.createHistogram('nodemailer.graph.message.size', {
      ...BYTES,
      description: 'Bytes handed to Graph, as JSON or base64, and files that are uploaded apart',
    }),
    attempts: meter.createHistogram('nodemailer.graph.message.attempts', {
      unit: '{request}',
      valueType: ValueType.INT,
      description: 'Requests a message took',
      advice: { explicitBucketBoundaries: [1, 2, 3, 4, 5, 8, 16, 32, 64] },
    }),
    losses: counter('nodemailer.graph.losses', '{loss}', 'Features of messages that do not arrive as written'),
    throttled: counter('nodemailer.graph.throttled', '{response}', 'Answers that told a message to come later (429, 503)'),
    requestDuration: meter.createHistogram('http.client.request.duration', {
      ...SECONDS,
      description: 'Duration of HTTP client requests.',
    }),
    requestSize: meter.createHistogram('http.client.request.body.size', { ...BYTES, description: 'Size of HTTP client request bodies.' }),
    signInDuration: meter.createHistogram('nodemailer.graph.sign_in.duration', {
      ...SECONDS,
      description: 'How long fetching a token took',
    }),
  };
}
