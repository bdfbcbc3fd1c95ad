import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');
let copy: string;

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'nodemailer-graph-transport-'));
  for (const path of [
    'bench/run.mjs',
    'bench/support',
    'bench/results',
    'docs/benchmarks.md',
    'docs/benchmarks',
    '.prettierrc.json',
    'package.json',
  ])
    cpSync(join(root, path), join(copy, path), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
});

afterEach(() => rmSync(copy, { recursive: true, force: true }));

function run(...args: string[]) {
  const { status, stderr } = spawnSync(process.execPath, [join(copy, 'bench/run.mjs'), ...args], { encoding: 'utf8' });
  return { status, stderr };
}

test('the tables and plots are what the measured values make of them', () => {
  expect(run('--check')).toEqual({ status: 0, stderr: '' });
});

test('a value changed by hand is noticed, in the page and in a plot, and rendering puts it right', () => {
  const page = readFileSync(join(copy, 'docs/benchmarks.md'), 'utf8');
  writeFileSync(join(copy, 'docs/benchmarks.md'), page.replace(/\d+ µs \(/, '1 µs ('));
  appendFileSync(join(copy, 'docs/benchmarks/growth.svg'), ' ');
  const { status, stderr } = run('--check');
  expect(status).toBe(1);
  expect(stderr).toContain('docs/benchmarks.md, docs/benchmarks/growth.svg');

  expect(run('--render').status).toBe(0);
  expect(run('--check').status).toBe(0);
  expect(readFileSync(join(copy, 'docs/benchmarks.md'), 'utf8')).toBe(page);
});

test('a goal that was not reached is called missed', () => {
  const path = join(copy, 'bench/results/startup.json');
  const render = (median: number) => {
    const startup = JSON.parse(readFileSync(path, 'utf8'));
    startup.require.median = median;
    writeFileSync(path, JSON.stringify(startup));
    expect(run('--render').status).toBe(0);
    return /^\| `require`.*$/m.exec(readFileSync(join(copy, 'docs/benchmarks.md'), 'utf8'))?.[0].replace(/ +/g, ' ');
  };
  expect(render(9.9)).toBe("| `require`, added to Nodemailer's own | ≤ 10 ms | 9.9 ms | met |");
  expect(render(10.4)).toBe("| `require`, added to Nodemailer's own | ≤ 10 ms | 10.4 ms | **missed** |");
});
