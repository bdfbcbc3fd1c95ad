import { metrics } from '@opentelemetry/api';
import { DataPointType } from '@opentelemetry/sdk-metrics';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import nodemailer from 'nodemailer';
import { describeMetrics } from '../../lib/outbox/metrics.js';
import { GraphTransportInstrumentation } from '../../lib/telemetry/index.js';
import { useSandbox } from '../support/use-sandbox.js';
import { memoryMeters } from '../telemetry/support.js';
import { root } from './support/package-folder.js';

interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string; legendFormat: string }[];
}

const dashboard = JSON.parse(readFileSync(join(root, 'examples/grafana/dashboard.json'), 'utf8')) as {
  panels: Panel[];
  templating: { list: { name: string; query: string | { query: string } }[] };
};
const targets = dashboard.panels.flatMap(({ targets = [] }) => targets);
const queries = [
  ...targets.map(({ expr }) => expr),
  ...dashboard.templating.list.map(({ query }) => (typeof query === 'string' ? query : query.query)).filter((query) => query.includes('(')),
];

const use = useSandbox();
/** Series as Prometheus has them → their labels. */
const series = new Map<string, Set<string>>();

/** As OpenTelemetry's exporters for Prometheus name it: dots become underscores, the unit follows unless it is only a {note}. */
const promName = (name: string, unit: string, isSum: boolean) => {
  const units: Record<string, string> = { s: '_seconds', By: '_bytes' };
  return `${name.replaceAll('.', '_')}${units[unit] ?? ''}${isSum ? '_total' : ''}`;
};

function know(name: string, labels: readonly string[]): void {
  const known = series.get(name) ?? new Set<string>();
  for (const label of labels) known.add(label);
  series.set(name, known);
}

beforeAll(async () => {
  const { provider, read } = memoryMeters();
  metrics.setGlobalMeterProvider(provider);
  const instrumentation = new GraphTransportInstrumentation();
  const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'Order', text: 'On its way.' };
  const send = (data: object = {}) =>
    nodemailer.createTransport(use.transport({ maxRetryDelay: 10, onLoss: 'ignore' })).sendMail({ ...mail, ...data });
  // everything that is measured happens once
  use.sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'Retry-After': '0' } });
  await send({ html: '<p>On its way.</p>', graph: { format: 'json' } });
  use.sandbox.fail({ operation: 'sendMail', status: 403, code: 'ErrorAccessDenied' });
  await expect(send()).rejects.toThrow();
  use.sandbox.fail({ operation: 'token', status: 401, code: 'invalid_client', message: 'AADSTS7000222: expired', times: 9 });
  await expect(send()).rejects.toThrow();
  for (const metric of await read()) {
    const { descriptor, dataPointType, dataPoints } = metric;
    const { name, unit } = descriptor;
    const labels = dataPoints.flatMap(({ attributes }) => Object.keys(attributes)).map((label) => label.replaceAll('.', '_'));
    if (dataPointType !== DataPointType.HISTOGRAM)
      know(promName(name, unit, dataPointType === DataPointType.SUM && metric.isMonotonic), labels);
    else for (const suffix of ['_bucket', '_sum', '_count']) know(`${promName(name, unit, false)}${suffix}`, [...labels, 'le']);
  }
  const outbox = describeMetrics({
    counts: { sent: 1 } as never,
    workers: 1,
    held: 0,
    oldestQueuedSeconds: 0,
    queues: [{ mailbox: 'noreply@contoso.com', jobs: { wait: 1 } }],
  });
  for (const [, name = '', labels = ''] of outbox.matchAll(/^(\w+)(?:\{(.*)\})? /gm))
    know(
      name,
      [...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label),
    );
  instrumentation.disable();
  metrics.disable();
  await provider.shutdown();
});

/** Names of series in a query: whatever has an underscore and is not a function, a label or a text. */
const namesIn = (query: string) => [
  ...new Set(
    query
      .replaceAll(/"[^"]*"/g, '""')
      .replaceAll(/\{[^}]*\}/g, '')
      .replaceAll(/\bby \([^)]*\)/g, '')
      .replaceAll(/^label_values\((\w+),.*\)$/g, '$1')
      .match(/\b[a-z]\w*_\w+\b(?!\s*\()/g) ?? [],
  ),
];

const labelsIn = (query: string) => [
  ...[...query.replaceAll(/"[^"]*"/g, '""').matchAll(/\{([^}]*)\}/g)].flatMap(([, text = '']) =>
    [...text.matchAll(/(\w+)\s*(?:=|!)/g)].map(([, label = '']) => label),
  ),
  ...[...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, text = '']) => text.split(',').map((label) => label.trim())),
  ...[...query.matchAll(/^label_values\(\w+, (\w+)\)/g)].map(([, label = '']) => label),
];

test('every metric that the dashboard asks for is measured, with the labels it asks for', () => {
  expect(queries.length).toBeGreaterThan(20);
  for (const query of queries) {
    const names = namesIn(query);
    expect([query, names.length]).toEqual([query, expect.any(Number)]);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      expect([...series.keys()]).toContain(name);
      for (const label of labelsIn(query)) expect([query, ...(series.get(name) ?? [])]).toContain(label);
    }
  }
});

test('a metric or a label that does not exist would be noticed', () => {
  expect(namesIn('sum by (a_b) (rate(gone_total{c_d="e_f"}[5m])) / rate_limit')).toEqual(['gone_total', 'rate_limit']);
  expect(labelsIn('sum by (a_b, g) (rate(gone_total{c_d="e_f", h!="i"}[5m]))')).toEqual(['c_d', 'h', 'a_b', 'g']);
  expect(namesIn('label_values(gone_total, a_b)')).toEqual(['gone_total']);
  expect(labelsIn('label_values(gone_total, a_b)')).toEqual(['a_b']);
});

test('everything that is measured is on the dashboard', () => {
  const asked = new Set(queries.flatMap(namesIn).map((name) => name.replace(/_(bucket|sum|count)$/, '')));
  const measured = new Set([...series.keys()].map((name) => name.replace(/_(bucket|sum|count)$/, '')));
  // of BullMQ's jobs, an operator needs the messages they are for
  expect([...measured].filter((name) => !asked.has(name))).toEqual(['graph_outbox_jobs']);
});

test('legends name labels that are there, and panels do not lie on each other', () => {
  for (const { expr, legendFormat } of targets) {
    for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) expect(labelsIn(expr)).toContain(label);
  }
  const cells = new Set<string>();
  for (const { title, gridPos } of dashboard.panels) {
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect([title, cells.has(`${x},${y}`)]).toEqual([title, false]);
        cells.add(`${x},${y}`);
      }
    }
  }
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
});
