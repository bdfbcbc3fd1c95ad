import { spawn } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sample } from '../support/sample.js';
import { buildPackage, cleanEnv, root, useScratchFolder } from './support/package-folder.js';

interface Outcome {
  passed: number;
  failed: number;
  exitCode: number | null;
}

interface Runner {
  app: string;
  /** Arguments of Node, for the example in this folder. */
  args(folder: string): string[];
  count(output: string): Pick<Outcome, 'passed' | 'failed'>;
}

const countJson = (output: string) => {
  // the runners print a word of their own before and after it
  const { numPassedTests: passed, numFailedTests: failed } = JSON.parse(output.slice(output.indexOf('{'))) as {
    numPassedTests: number;
    numFailedTests: number;
  };
  return { passed, failed };
};

const runners: Record<string, Runner> = {
  jest: {
    app: 'password-reset.ts',
    args: (folder) => [join(root, 'node_modules/jest/bin/jest.js'), '--config', join(folder, 'jest.config.mjs'), '--json', '--ci'],
    count: countJson,
  },
  vitest: {
    app: 'password-reset.ts',
    args: (folder) => [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', folder, '--reporter', 'json'],
    count: countJson,
  },
  node: {
    app: 'password-reset.mjs',
    args: (folder) => ['--test', '--test-reporter', 'tap', join(folder, 'password-reset.test.mjs')],
    count: (output) => ({ passed: Number(/^# pass (\d+)$/m.exec(output)?.[1]), failed: Number(/^# fail (\d+)$/m.exec(output)?.[1]) }),
  },
};

/** What a broken app does; each of them fails one test of the example. */
const mistakes: [string | RegExp, string][] = [
  [/^(\s*)to,$/m, "$1to: 'someone-else@example.com',"],
  ["if (error.ambiguous) return { status: 'unknown', reason: error.message };\n", ''],
  ["if (error.permanent) return { status: 'failed', reason: error.hint ?? error.message };\n", ''],
];

beforeAll(buildPackage, 300_000);

describe.each(sample(Object.entries(runners), { count: 1 }))('examples/testing-%s', (name, { app, args, count }) => {
  const example = join(root, 'examples', `testing-${name}`);
  const scratch = useScratchFolder();

  async function run(folder: string): Promise<Outcome> {
    const { output, exitCode } = await runNode(args(folder));
    return { ...count(output), exitCode };
  }

  test('passes', async () => {
    expect(await run(example)).toEqual({ passed: 5, failed: 0, exitCode: 0 });
  }, 120_000);

  test('fails with an app that writes to the wrong reader, repeats what may be sent and repeats what is refused', async () => {
    const folder = join(scratch, name);
    cpSync(example, folder, { recursive: true });
    let code = readFileSync(join(folder, app), 'utf8');
    for (const [right, wrong] of mistakes) {
      const broken = code.replace(right, wrong);
      expect(broken).not.toBe(code);
      code = broken;
    }
    writeFileSync(join(folder, app), code);
    expect(await run(folder)).toEqual({ passed: 2, failed: 3, exitCode: 1 });
  }, 120_000);
});

function runNode(args: string[]): Promise<{ output: string; exitCode: number | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, env: cleanEnv, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.resume();
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ output, exitCode }));
  });
}
