import { tracingChannel, type TracingChannel } from 'node:diagnostics_channel';
import type { TracedEvent, TracedMessage, TracedRequest, TracedSignIn } from './traced.js';

type Channel<Event extends TracedEvent> = TracingChannel<unknown, Event>;

const named = <Event extends TracedEvent>(name: string): Channel<Event> =>
  tracingChannel<unknown, Event>(`nodemailer-graph-transport:${name}`);

export const messages = named<TracedMessage>('message');
export const requests = named<TracedRequest>('request');
export const signIns = named<TracedSignIn>('sign-in');

/** Whether anybody subscribes; Node.js 20 has no such question for all five. */
export function isHeard<Event extends TracedEvent>({ start, end, asyncStart, asyncEnd, error }: Channel<Event>): boolean {
  return start.hasSubscribers || asyncEnd.hasSubscribers || error.hasSubscribers || end.hasSubscribers || asyncStart.hasSubscribers;
}

/** Runs a task and tells the channel of it. What it resolves with is not told. */
export async function traced<Event extends TracedEvent, T>(channel: Channel<Event>, event: Event, task: () => Promise<T>): Promise<T> {
  const results: T[] = [];
  const run = async () => void results.push(await task());
  await channel.tracePromise(() => (event.run ? event.run(run) : run()), event);
  if (results.length !== 1) throw new Error(`a subscriber of ${String(channel.start.name)} has to call the task that run() is given, once`);
  return results[0] as T;
}

/** A message's event if anybody wants to hear of it or of its requests. */
export function tracedMessage(by: TracedMessage['by']): TracedMessage | undefined {
  if (!isHeard(messages) && !isHeard(requests)) return undefined;
  return {
    by,
    mailbox: undefined,
    messageId: undefined,
    format: undefined,
    route: undefined,
    recipients: undefined,
    size: undefined,
    losses: [],
    queueTime: undefined,
    attempts: 0,
    throttled: 0,
    requestId: undefined,
    outcome: undefined,
  };
}
