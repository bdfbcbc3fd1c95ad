// Runs the tests that depend on it under every supported Node.js with every supported Nodemailer.
//
//   npm run test:matrix                                  all of it
//   npm run test:matrix -- --node 22 --nodemailer 7,8    a part
//   npm run test:matrix -- --node 24 __tests__/message   other tests
//
// Another Node.js than the running one comes from the npm package `node`, by npx.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findNode } from './find-node.mjs';

const NODES = ['20', '22', '24'];
const NODEMAILERS = ['7', '8', '9', '10'];
// what meets Nodemailer or Node.js; the rest runs once, in `npm test`
const TESTS = [
  '__tests__/ci/nodemailer-version',
  '__tests__/encode',
  '__tests__/fidelity/fidelity',
  '__tests__/frameworks/nodemailer-features',
  '__tests__/message',
  '__tests__/package',
  '__tests__/sandbox',
  '__tests__/transport',
];

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { node: { type: 'string', multiple: true }, nodemailer: { type: 'string', multiple: true } },
});
const nodes = choose('--node', values.node, NODES);
const nodemailers = choose('--nodemailer', values.nodemailer, NODEMAILERS);
const tests = positionals.length > 0 ? positionals : TESTS;

const results = mkdtempSync(join(tmpdir(), 'test-matrix-'));
const table = [['', ...nodemailers.map((version) => `Nodemailer ${version}`)]];
let failed = false;
try {
  for (const node of nodes) {
    const { program, version } = findNode(node);
    const row = [`Node.js ${version}`];
    for (const nodemailer of nodemailers) {
      const cell = runCell(program, nodemailer);
      failed ||= !cell.ok;
      row.push(cell.ok ? `${cell.passed} passed` : `${cell.passed} passed, ${cell.failed} FAILED`);
      console.log(`${row[0]}, Nodemailer ${nodemailer}: ${row.at(-1)} (${cell.seconds} s)`);
      for (const message of cell.messages) console.log(message);
    }
    table.push(row);
  }
} finally {
  rmSync(results, { recursive: true, force: true });
}
console.log();
printTable(table);
process.exitCode = failed ? 1 : 0;

/** The versions of an option such as `--node 20,22`; all where it is not given. */
function choose(option, given, known) {
  const chosen = (given ?? known).flatMap((value) => value.split(','));
  const unknown = chosen.filter((value) => !known.includes(value));
  if (unknown.length === 0) return chosen;
  console.error(`${option} ${unknown.join(',')}: must be of ${known.join(', ')}`);
  process.exit(2);
}

/** Runs jest; what it says is shown only where something failed. */
function runCell(program, nodemailer) {
  const file = join(results, 'jest.json');
  rmSync(file, { force: true });
  const start = Date.now();
  const { status, stderr } = spawnSync(program, [jest, '--silent', '--json', `--outputFile=${file}`, ...tests], {
    cwd: root,
    // programs the tests start use this Node.js, too
    env: { ...process.env, PATH: `${dirname(program)}${delimiter}${process.env.PATH}`, NODEMAILER_VERSION: nodemailer, TEST_FULL: '1' },
    encoding: 'utf8',
    maxBuffer: 1024 ** 3,
  });
  const seconds = Math.round((Date.now() - start) / 1000);
  const totals = readTotals(file);
  const failures = totals.numFailedTests + totals.numRuntimeErrorTestSuites;
  const ok = status === 0 && failures === 0 && totals.numPassedTests > 0;
  const messages = totals.testResults.filter((suite) => suite.status === 'failed').map((suite) => `\n${suite.name}\n${suite.message}`);
  if (!ok && messages.length === 0) messages.push(stderr);
  return { ok, passed: totals.numPassedTests, failed: Math.max(failures, ok ? 0 : 1), seconds, messages };
}

function readTotals(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 0, testResults: [] };
  }
}

function printTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
}
