import type { OutboxState } from './record.js';

export interface OutboxFacts {
  counts: Record<OutboxState, number>;
  workers: number;
  held: number;
  oldestQueuedSeconds: number;
  queues: { mailbox: string; jobs: Record<string, number> }[];
}

/** The text a Prometheus server reads. */
export function describeMetrics({ counts, workers, held, oldestQueuedSeconds, queues }: OutboxFacts): string {
  const lines = [
    ...gauge('graph_outbox_messages', 'Messages by state; those that have ended as long as they are remembered.'),
    ...Object.entries(counts).map(([state, count]) => `graph_outbox_messages{state="${state}"} ${count}`),
    ...gauge('graph_outbox_oldest_queued_seconds', 'Age of the oldest message that is queued, scheduled ones included.'),
    `graph_outbox_oldest_queued_seconds ${oldestQueuedSeconds}`,
    ...gauge('graph_outbox_workers', 'Workers seen within a minute.'),
    `graph_outbox_workers ${workers}`,
    ...gauge('graph_outbox_held_mailboxes', 'Mailboxes held for a refused sign-in or a missing grant.'),
    `graph_outbox_held_mailboxes ${held}`,
    ...gauge('graph_outbox_jobs', 'Jobs by mailbox and BullMQ state.'),
    ...queues.flatMap(({ mailbox, jobs }) =>
      Object.entries(jobs).map(([state, count]) => `graph_outbox_jobs{mailbox="${escape(mailbox)}",state="${state}"} ${count}`),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function gauge(name: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`];
}

function escape(label: string): string {
  return label.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n');
}
