import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './pages.js';

const folder = mkdtempSync(join(tmpdir(), 'nodemailer-graph-transport-api-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What TypeDoc knows of a name, as far as it matters here. */
interface Reflection {
  name: string;
  kind: number;
  flags?: { isOptional?: boolean };
  comment?: { summary: { text: string }[]; blockTags?: { tag: string }[] };
  type?: { type: string; name?: string; value?: unknown; types?: Reflection['type'][] };
  children?: Reflection[];
}

// one run for both: most of it is reading the sources
beforeAll(async () => {
  const args = ['--logLevel', 'Warn', '--out', join(folder, 'api'), '--json', join(folder, 'api.json')];
  await promisify(execFile)(process.execPath, [join(root, 'node_modules/typedoc/bin/typedoc'), ...args], { cwd: root });
});

// `npm run docs:api` writes it
test('docs/api is what the docstrings say; every name is documented', async () => {
  const files = (path: string) =>
    readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .sort();
  const generated = files(join(folder, 'api'));
  expect(generated.length).toBeGreaterThanOrEqual(3);
  expect(files(join(root, 'docs/api'))).toEqual(generated);
  for (const name of generated) {
    expect(readFileSync(join(root, 'docs/api', name), 'utf8')).toBe(readFileSync(join(folder, 'api', name), 'utf8'));
  }
});

describe('options and errors', () => {
  /** What an app writes or reads; the names of the others speak for themselves. */
  const interfaces = [
    'CommonOptions',
    'EnvironmentOptions',
    'GraphMessageOptions',
    'GraphSentMessageInfo',
    'GraphTransportErrorDetails',
    'GraphTransportError',
    'UploadProgress',
    'SandboxOptions',
    'Sandbox',
  ];
  let properties: { owner: string; property: Reflection }[];

  beforeAll(() => {
    const project = JSON.parse(readFileSync(join(folder, 'api.json'), 'utf8')) as Reflection;
    const modules = project.children ?? [];
    const found = modules.flatMap(({ children = [] }) => children).filter(({ name }) => interfaces.includes(name));
    expect(found.map(({ name }) => name).sort()).toEqual([...interfaces].sort());
    properties = found.flatMap(({ name, children = [] }) =>
      children.filter(({ kind }) => kind === 1024).map((property) => ({ owner: name, property })),
    );
  });

  test('every property says what it is', () => {
    expect(properties.length).toBeGreaterThan(60);
    const silent = properties.filter(({ property }) => !property.comment?.summary.some(({ text }) => text.trim() !== ''));
    expect(silent.map(({ owner, property }) => `${owner}.${property.name}`)).toEqual([]);
  });

  test('every option says its default', () => {
    const silent = properties
      .filter(({ owner, property }) => /Options$/.test(owner) && property.flags?.isOptional)
      .filter(({ property }) => !property.comment?.blockTags?.some(({ tag }) => tag === '@default'));
    expect(silent.map(({ owner, property }) => `${owner}.${property.name}`).sort()).toEqual(withoutDefault);
  });

  test('every number says its unit', () => {
    const isNumber = (type: Reflection['type']): boolean => type?.name === 'number' || (type?.types?.some(isNumber) ?? false);
    const unit = /millisecond|second|byte|message|repeat|recipient|request|port|status/i;
    const silent = properties
      .filter(({ property }) => isNumber(property.type))
      .filter(({ property }) => !unit.test((property.comment?.summary ?? []).map(({ text }) => text).join('')));
    expect(silent.map(({ owner, property }) => `${owner}.${property.name}`)).toEqual([]);
  });
});

/** Options whose absence is their default: nothing is added, nobody is called. */
const withoutDefault = ['GraphMessageOptions.message', 'SandboxOptions.onMessage', 'SandboxOptions.onRequest'];
