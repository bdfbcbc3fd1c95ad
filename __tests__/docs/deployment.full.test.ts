import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { bundle } from '../sandbox/bundle.js';
import { testWith } from '../support/require-program.js';
import { readExamples, root } from './pages.js';

const folder = mkdtempSync(join(tmpdir(), 'deployment-'));
const clientId = '5d0f3a52-0f6b-4f0e-9b9d-8f6f5b1f9c01';
let sandbox: Sandbox;
let env: Record<string, string>;
beforeAll(async () => {
  execFileSync(process.execPath, [join(root, 'scripts/build-if-stale.mjs')]);
  sandbox = await startSandbox({ apps: [{ clientId, clientSecret: 'good~VALUE' }] });
  writeFileSync(join(folder, 'ca.pem'), sandbox.ca);
  env = {
    PATH: process.env['PATH'] ?? '',
    NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
    GRAPH_TENANT_ID: sandbox.tenantId,
    GRAPH_CLIENT_ID: clientId,
    GRAPH_CLIENT_SECRET: 'good~VALUE',
    GRAPH_ENDPOINT: sandbox.graphEndpoint,
    GRAPH_AUTHORITY_HOST: sandbox.authorityHost,
  };
}, 180_000);
afterEach(() => sandbox.clear());
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await sandbox.close();
});

const codeUnder = (heading: string) => {
  const found = readExamples('docs/deployment.md').find(({ title, language }) => language === 'ts' && title.includes(`"${heading}"`));
  if (!found) throw new Error(`no code under ${heading}`);
  return found.code;
};

/** Runs code of the page in a process of its own, in the project's folder. */
function runCode(code: string): Promise<{ status: number | string | null | undefined; output: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ['-'], { cwd: root, env }, (error, stdout, stderr) =>
      resolve({ status: error ? (error.code ?? error.signal) : 0, output: stdout + stderr }),
    );
    child.stdin?.end(bundle(code));
  });
}

test('on SIGTERM a message under way is sent, and then the process ends by itself', async () => {
  sandbox.fail({ operation: 'sendMail', delay: 300 });
  const send = `transporter.sendMail({ to: 'reader@example.com', subject: 'Last', text: 'x' }).then(() => console.log('sent'));`;
  const end = `setTimeout(() => process.kill(process.pid, 'SIGTERM'), 100);`;
  expect(await runCode(`${codeUnder('Deployment')}\n${send}\n${end}`)).toEqual({ status: 0, output: 'sent\n' });
  expect(sandbox.messages).toHaveLength(1);
});

test('the handler for Lambda sends before it answers', async () => {
  const call = `handler({ to: 'reader@example.com' }).then(({ messageId }) => { console.log(messageId); transporter.close(); });`;
  const { status, output } = await runCode(`${codeUnder('AWS Lambda')}\n${call}`);
  expect({ status, output }).toEqual({ status: 0, output: `${sandbox.messages[0]?.messageId}\n` });
});

testWith('systemd-analyze', 'systemd takes its units', (analyze) => {
  const units = ['docs/deployment.md', 'docs/sendmail.md'].flatMap(readExamples).filter(({ language }) => language === 'ini');
  expect(units.length).toBeGreaterThan(2);
  const files = units.map(({ code }, index) => {
    const file = join(folder, /^# \/etc\/systemd\/system\/(\S+)$/m.exec(code)?.[1] ?? `unit-${index}.service`);
    // what is started there is not on this machine
    writeFileSync(file, code.replace(/^ExecStart=\S+/m, 'ExecStart=/bin/true'));
    return file;
  });
  // says nothing of units that are right
  expect(execFileSync(analyze, ['verify', ...files], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })).toBe('');
});
