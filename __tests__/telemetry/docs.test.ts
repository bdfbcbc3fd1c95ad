import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { metrics } from '@opentelemetry/api';
import { createInstruments } from '../../lib/telemetry/instruments.js';
import { readPage, root } from '../docs/pages.js';

const page = readPage('docs/telemetry.md');
const section = (title: string) => new RegExp(`^#+ ${title}$([^]+?)(?=^#+ )`, 'm').exec(page)?.[1] ?? '';
const firstCells = (text: string) => [...text.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name);

test('the table of metrics has every instrument with its unit and kind, and no other', () => {
  const made: string[] = [];
  const note = (kind: string) => (name: string, options: { unit: string; description: string }) => {
    expect(options.description).not.toBe('');
    made.push(`${name} | ${options.unit} | ${kind}`);
  };
  const meter = { createHistogram: note('histogram'), createCounter: note('counter'), createUpDownCounter: note('up-down counter') };
  createInstruments({ ...metrics, getMeter: () => meter as never });
  const listed = [...section('Metrics').matchAll(/^\| `([^`]+)` +\| `([^`]+)` +\| ([\w-]+(?: \w+)?) +\|/gm)];
  expect(listed.map(([, name, unit, kind]) => `${name} | ${unit} | ${kind}`).toSorted()).toEqual(made.toSorted());
});

test('the tables of attributes have every attribute, and no other', () => {
  const code = ['attributes.ts', 'instrumentation.ts'].map((name) => readFileSync(join(root, 'lib/telemetry', name), 'utf8')).join('\n');
  const used = new Set([...code.matchAll(/'((?:messaging|http|url|server|error|nodemailer)\.[\w.-]+)'/g)].map(([, name = '']) => name));
  const named = new Set([...page.matchAll(/`((?:messaging|http|url|server|error|nodemailer)\.[\w.-]+)`/g)].map(([, name = '']) => name));
  for (const name of firstCells(section('Metrics'))) if (!used.has(name)) named.delete(name);
  expect(used.size).toBeGreaterThan(20);
  expect([...named].toSorted()).toEqual([...used].toSorted());
});

test.each([
  ['TracedMessage', 'TracedMessage'],
  ['TracedRequest', 'TracedRequest'],
  ['TracedSignIn', 'TracedSignIn'],
])('the table of %s has every field of it', (title, name) => {
  const code = readFileSync(join(root, 'lib/base/traced.ts'), 'utf8');
  const body = new RegExp(`interface ${name} [^{]+\\{([^]+?)\\n\\}`).exec(code)?.[1] ?? '';
  const fields = [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??:/gm)].map(([, field = '']) => field);
  const table = new RegExp(`^\\| \`${title}\`[^]+?\\n\\n`, 'm').exec(page)?.[0] ?? '';
  expect(fields.length).toBeGreaterThan(1);
  expect(firstCells(table).slice(1)).toEqual(fields);
});

test('the channels are named as they are', () => {
  const names = [...readFileSync(join(root, 'lib/base/channels.ts'), 'utf8').matchAll(/named<\w+>\('([\w-]+)'\)/g)].map(([, name]) => name);
  expect(firstCells(page).filter((name) => name.includes(':'))).toEqual(names.map((name) => `nodemailer-graph-transport:${name}`));
});
