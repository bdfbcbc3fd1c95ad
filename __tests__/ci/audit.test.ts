import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const root = join(__dirname, '../..');
interface Query {
  package: { ecosystem: string; name: string };
  version: string;
}
let server: Server;
let asked: Query[] = [];
let known: Record<string, string> = {};
// in npm's place: what it says of signatures, and how it ends
const bin = mkdtempSync(join(tmpdir(), 'npm-'));
function npmSays(text: string, status: number): void {
  writeFileSync(join(bin, 'npm'), `#!/bin/sh\necho '${text}'\nexit ${status}\n`);
  chmodSync(join(bin, 'npm'), 0o755);
}
beforeEach(() => npmSays('audited 76 packages', 0));

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked = (JSON.parse(Buffer.concat(chunks).toString()) as { queries: Query[] }).queries;
      const results = asked.map(({ package: { name } }) => (known[name] ? { vulns: [{ id: known[name] }] } : {}));
      response.end(JSON.stringify({ results }));
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
});
afterEach(() => (known = {}));
afterAll(() => {
  server.close();
  rmSync(bin, { recursive: true });
});

function audit(...args: string[]): Promise<{ status: number; output: string }> {
  const env = {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env['PATH']}`,
    OSV_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, ['scripts/audit.mjs', ...args], { cwd: root, env }, (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, output: stdout + stderr }),
    );
  });
}

test('asks about every package that users get, those inside the package, too, and no tool', async () => {
  const { status, output } = await audit();
  expect(output).toMatch(/\d+ packages, nothing known against them from 2 of 2 checks/);
  expect(status).toBe(0);
  const names = asked.map(({ package: { name } }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['@azure/msal-node', '@azure/msal-common', 'undici', 'mailparser', 'node-forge', 'iconv-lite']),
  );
  expect(names).not.toContain('jest');
  expect(asked.every(({ version, package: { ecosystem } }) => /^\d+\.\d+\.\d+/.test(version) && ecosystem === 'npm')).toBe(true);
});

test('fails where something is known', async () => {
  known = { 'node-forge': 'GHSA-xxxx-yyyy-zzzz' };
  const { status, output } = await audit();
  expect(status).toBe(1);
  expect(output).toMatch(/node-forge \d[\d.]*: https:\/\/osv\.dev\/vulnerability\/GHSA-xxxx-yyyy-zzzz/);
});

test('fails where a signature is wrong; where the registry has none that is said, and fails with --strict', async () => {
  npmSays('1 package has an invalid registry signature:', 1);
  expect(await audit()).toMatchObject({ status: 1, output: expect.stringContaining('npm audit signatures') });
  npmSays('npm error found no dependencies to audit that were installed from a supported registry', 1);
  const output = expect.stringMatching(/not checked: signatures.*supported registry[^]*from 1 of 2 checks/);
  expect(await audit()).toMatchObject({ status: 0, output });
  expect(await audit('--strict')).toMatchObject({ status: 1, output });
});
