import type { TracingChannel, TracingChannelSubscribers } from 'node:diagnostics_channel';
import {
  context,
  metrics,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type MeterProvider,
  type Span,
  type SpanOptions,
  type TracerProvider,
} from '@opentelemetry/api';
import { messages, requests, signIns } from '../base/channels.js';
import type { TracedEvent, TracedMessage, TracedRequest, TracedSignIn } from '../base/traced.js';
import { VERSION } from '../base/version.js';
import { show } from '../errors/config-error.js';
import { GraphTransportError } from '../errors/graph-transport-error.js';
import {
  answerAttributes,
  errorType,
  messageAttributes,
  operationAttributes,
  requestAttributes,
  requestDetails,
  resultAttributes,
  signInAttributes,
} from './attributes.js';
import { createInstruments, SCOPE, type Instruments } from './instruments.js';

/** What {@link GraphTransportInstrumentation} takes. */
export interface GraphTransportInstrumentationConfig {
  /** Whether it begins at once; else with `enable()`, which `registerInstrumentations()` calls. @default true */
  enabled?: boolean | undefined;
  /** Whether spans and metrics name the sending mailbox, `messaging.destination.name`. @default true */
  mailbox?: boolean | undefined;
  /** Whether requests have spans and metrics of their own; `false` where another instrumentation traces undici. @default true */
  requests?: boolean | undefined;
}

/** What is kept of an event while it runs. */
interface Running {
  span: Span;
  /** With the span. */
  within: Context;
  /** ms */
  began: number;
}

/**
 * Makes OpenTelemetry spans and metrics of every message, request and sign-in of this process, whichever transport or outbox worker it
 * belongs to, from its creation on. A message's span is a child of the app's active one, its requests are children of the message's.
 *
 * It fits into `registerInstrumentations()` and `NodeSDK`, and needs neither: by itself it uses the providers that are registered globally,
 * also later.
 */
export class GraphTransportInstrumentation {
  readonly instrumentationName = SCOPE;
  readonly instrumentationVersion = VERSION;
  #config: Config;
  #tracers: TracerProvider = trace;
  #meters: MeterProvider | undefined;
  #instruments: { of: MeterProvider; all: Instruments } | undefined;
  readonly #running = new WeakMap<TracedEvent, Running>();
  #unsubscribe: (() => void)[] = [];

  /** @throws {GraphTransportError} `ECONFIG` for an option that is wrong or not known */
  constructor(config: GraphTransportInstrumentationConfig = {}) {
    this.#config = readConfig(config);
    if (this.#config.enabled) this.enable();
  }

  /** Begins it, if it has not begun yet. */
  enable(): void {
    if (this.#unsubscribe.length > 0) return;
    this.#subscribe(messages, { start: (event) => this.#messageBegins(event), asyncEnd: (event) => this.#messageEnds(event) });
    this.#subscribe(signIns, { start: (event) => this.#signInBegins(event), asyncEnd: (event) => this.#signInEnds(event) });
    if (this.#config.requests)
      this.#subscribe(requests, { start: (event) => this.#requestBegins(event), asyncEnd: (event) => this.#requestEnds(event) });
  }

  /** Ends it: from then on telemetry costs nothing again. What is on its way is not told any more. */
  disable(): void {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
  }

  /** Which tracers are used instead of those that are registered globally. */
  setTracerProvider(provider: TracerProvider): void {
    this.#tracers = provider;
  }

  /** Which meters are used instead of those that are registered globally. */
  setMeterProvider(provider: MeterProvider): void {
    this.#meters = provider;
  }

  /**
   * Sets all options anew, also while it runs.
   *
   * @throws {GraphTransportError} `ECONFIG` for an option that is wrong or not known
   */
  setConfig(config: GraphTransportInstrumentationConfig = {}): void {
    this.#config = readConfig(config);
    this.disable();
    if (this.#config.enabled) this.enable();
  }

  /** The options as they are now; `enabled`: whether it has begun. */
  getConfig(): { enabled: boolean; mailbox: boolean; requests: boolean } {
    return { ...this.#config, enabled: this.#unsubscribe.length > 0 };
  }

  #subscribe<Event extends TracedEvent>(
    channel: TracingChannel<unknown, Event>,
    { start, asyncEnd }: Pick<TracingChannelSubscribers<Event>, 'start' | 'asyncEnd'>,
  ): void {
    const begin = (event: unknown) => start(event as Event);
    const end = (event: unknown) => asyncEnd(event as Event);
    channel.start.subscribe(begin);
    channel.asyncEnd.subscribe(end);
    this.#unsubscribe.push(
      () => channel.start.unsubscribe(begin),
      () => channel.asyncEnd.unsubscribe(end),
    );
  }

  /** The API knows no meter that waits for its provider, as its tracers do. */
  get #measure(): Instruments {
    const provider = this.#meters ?? metrics.getMeterProvider();
    if (this.#instruments?.of !== provider) this.#instruments = { of: provider, all: createInstruments(provider) };
    return this.#instruments.all;
  }

  #begin(event: TracedEvent, name: string, options: SpanOptions, parent: Context = context.active()): void {
    const span = this.#tracers.getTracer(SCOPE, VERSION).startSpan(name, options, parent);
    const within = trace.setSpan(parent, span);
    this.#running.set(event, { span, within, began: performance.now() });
    const outer = event.run;
    // what logs, or traces requests of its own, finds the span
    event.run = (task) => context.with(within, outer ? () => outer(task) : task);
  }

  /** Takes what is kept of an event that has ended; `undefined` if it had begun before this was enabled. */
  #end(event: TracedEvent): (Running & { seconds: number }) | undefined {
    const running = this.#running.get(event);
    if (!running) return undefined;
    this.#running.delete(event);
    return { ...running, seconds: (performance.now() - running.began) / 1000 };
  }

  #messageBegins(message: TracedMessage): void {
    const attributes = operationAttributes(message, this.#config.mailbox);
    this.#begin(message, 'sendMail', { kind: SpanKind.PRODUCER, attributes });
    this.#measure.active.add(1, { 'nodemailer.graph.by': message.by });
  }

  #messageEnds(message: TracedMessage): void {
    const ended = this.#end(message);
    if (!ended) return;
    const { span, seconds, within } = ended;
    const { error, outcome, queueTime, size, losses, throttled, attempts } = message;
    // the mailbox may not have been known
    const operation = operationAttributes(message, this.#config.mailbox);
    span.setAttributes({ ...operation, ...messageAttributes(message) });
    if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: errorType(error) });
    span.end();

    const attributes = { ...operation, ...resultAttributes(message) };
    const measure = this.#measure;
    measure.active.add(-1, { 'nodemailer.graph.by': message.by });
    measure.messageDuration.record(seconds, attributes, within);
    if (queueTime !== undefined) measure.queueDuration.record(queueTime / 1000, operation, within);
    if (throttled > 0) measure.throttled.add(throttled, operation, within);
    // a turn that only waits is no end
    if (outcome === 'later' || outcome === 'held' || outcome === 'lost') return;
    measure.messagesSent.add(1, attributes, within);
    if (attempts > 0) measure.attempts.record(attempts, attributes, within);
    if (size !== undefined) measure.messageSize.record(size, attributes, within);
    for (const feature of losses) measure.losses.add(1, { ...operation, 'nodemailer.graph.feature': feature }, within);
  }

  #requestBegins(request: TracedRequest): void {
    const attributes = requestAttributes(request);
    const details = { ...attributes, ...requestDetails(request) };
    const parent = request.message && this.#running.get(request.message)?.within;
    this.#begin(request, `${request.method} ${request.path}`, { kind: SpanKind.CLIENT, attributes: details }, parent);
  }

  #requestEnds(request: TracedRequest): void {
    const ended = this.#end(request);
    if (!ended) return;
    const { span, seconds, within } = ended;
    const answer = answerAttributes(request);
    span.setAttributes({ ...requestDetails(request), ...answer });
    if (answer['error.type'] !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
    const attributes = { ...requestAttributes(request), ...answer };
    this.#measure.requestDuration.record(seconds, attributes, within);
    this.#measure.requestSize.record(request.size, attributes, within);
  }

  #signInBegins(signIn: TracedSignIn): void {
    this.#begin(signIn, 'sign in', { kind: SpanKind.INTERNAL, attributes: signInAttributes(signIn) });
  }

  #signInEnds(signIn: TracedSignIn): void {
    const ended = this.#end(signIn);
    if (!ended) return;
    const { span, seconds, within } = ended;
    const attributes = signInAttributes(signIn);
    span.setAttributes(attributes);
    if (signIn.failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
    this.#measure.signInDuration.record(seconds, attributes, within);
  }
}

type Config = ReturnType<GraphTransportInstrumentation['getConfig']>;

function readConfig(given: unknown): Config {
  const config: Config = { enabled: true, mailbox: true, requests: true };
  if (typeof given !== 'object' || given === null) throw telemetryError(`it takes options such as { mailbox: false }, not ${show(given)}`);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(config, name)) throw telemetryError(`unknown option "${name}": there are ${Object.keys(config).join(', ')}`);
    if (typeof value !== 'boolean') throw telemetryError(`"${name}" must be true or false, not ${show(value)}`);
    config[name as keyof Config] = value;
  }
  return config;
}

function telemetryError(message: string): GraphTransportError {
  return new GraphTransportError('ECONFIG', `GraphTransportInstrumentation: ${message}. See docs/telemetry.md.`, { permanent: true });
}
