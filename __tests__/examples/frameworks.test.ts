import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import * as esbuild from 'esbuild';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { sample } from '../support/sample.js';
import { buildPackage, cleanEnv, root, useScratchFolder } from './support/package-folder.js';

const running: ChildProcess[] = [];
let sandbox: Sandbox;

afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});
const scratch = useScratchFolder();

beforeAll(async () => {
  buildPackage();
  sandbox = await startSandbox();
  writeFileSync(join(scratch, 'ca.pem'), sandbox.ca);
}, 300_000);
beforeEach(() => sandbox.clear());
afterAll(() => sandbox.close());

/** Graph in one setting, as the examples want it. */
function mailUrl(): string {
  const { clientId, clientSecret, tenantId, mailbox, graphEndpoint, authorityHost } = sandbox.options;
  const query = new URLSearchParams({ graphEndpoint, authorityHost });
  return `msgraph://${clientId}:${encodeURIComponent(clientSecret)}@${tenantId}/${mailbox}?${query.toString()}`;
}

function start(file: string, args: string[] = []): ChildProcess {
  const env = { ...cleanEnv, MAIL_URL: mailUrl(), NODE_EXTRA_CA_CERTS: join(scratch, 'ca.pem'), PORT: '0' };
  const child = spawn(process.execPath, [file, ...args], { cwd: scratch, env, stdio: ['pipe', 'pipe', 'pipe'] });
  running.push(child);
  return child;
}

/** What an app answers to `POST …/invitations`. */
interface Answer {
  status: number;
  retryAfter: string | null;
  body: unknown;
}

type Invite = (body: unknown) => Promise<Answer>;

/** Starts a server and waits until it says where it listens. */
async function serve(file: string): Promise<{ child: ChildProcess; url: string }> {
  const child = start(file);
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const url = /^listening on (http\S+)$/.exec(line)?.[1];
    if (url !== undefined) return { child, url };
  }
  throw new Error(`the app ended before it listened: ${errors}`);
}

function inviteAt(url: string): Invite {
  return async (body) => {
    const response = await fetch(`${url}/invitations`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, retryAfter: response.headers.get('Retry-After'), body: await response.json() };
  };
}

/** What every one of the apps has to do. */
function describeApp(invite: Invite): void {
  test('sends the invitation', async () => {
    const { status, body } = await invite({ email: 'reader@example.com' });
    expect([status, body]).toEqual([202, { messageId: sandbox.messages[0]?.messageId }]);
    expect(sandbox.messages).toMatchObject([{ recipients: ['reader@example.com'], subject: 'You are invited' }]);
  });

  test('takes one address and no list', async () => {
    for (const email of [undefined, 7, 'reader', 'reader@example.com, other@example.com']) {
      expect((await invite({ email })).status).toBe(400);
    }
    expect(sandbox.messages).toEqual([]);
  });

  test('throttled for long: 503 with Retry-After', async () => {
    sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'Retry-After': '300' } });
    expect(await invite({ email: 'reader@example.com' })).toMatchObject({ status: 503, retryAfter: '300' });
    expect(sandbox.messages).toEqual([]);
  });

  test('refused: 502, and nothing of it reaches the client', async () => {
    sandbox.fail({ operation: 'sendMail', status: 403, code: 'ErrorAccessDenied' });
    const { status, retryAfter, body } = await invite({ email: 'reader@example.com' });
    expect([status, retryAfter]).toEqual([502, null]);
    expect(JSON.stringify(body)).toContain('the invitation cannot be sent');
    expect(JSON.stringify(body)).not.toMatch(/Mail\.Send|noreply@/);
  });

  test('a lost answer: 502 that says so, and one message', async () => {
    sandbox.fail({ operation: 'sendMail', cut: 'reset', accepted: true, times: Infinity });
    const { status, retryAfter, body } = await invite({ email: 'reader@example.com' });
    expect([status, retryAfter]).toEqual([502, null]);
    expect(JSON.stringify(body)).toContain('may have been sent');
    expect(sandbox.messages).toHaveLength(1);
  });
}

/** A server that is told to end while a message is on its way. */
function describeShutdown(app: () => { child: ChildProcess; invite: Invite }): void {
  // Windows ends a process without a word
  (process.platform === 'win32' ? test.skip : test)('SIGTERM: the message on its way ends first', async () => {
    const { child, invite } = app();
    const ended = once(child, 'exit');
    const slow = sandbox.fail({ operation: 'sendMail', delay: 1500 });
    const answer = invite({ email: 'reader@example.com' });
    while (slow.hits === 0) await sleep(10);
    child.kill('SIGTERM');
    expect(await answer).toMatchObject({ status: 202 });
    expect(sandbox.messages).toHaveLength(1);
    const [code, signal] = (await ended) as [number | null, string | null];
    expect([0, 'SIGTERM']).toContain(code ?? signal);
  });
}

const tsc = join(root, 'node_modules/typescript/bin/tsc');
const apps = sample(['express', 'nestjs', 'nextjs'], { count: 1 });

(apps.includes('express') ? describe : describe.skip)('examples/express', () => {
  let child: ChildProcess;
  let invite: Invite = () => Promise.reject(new Error('not started'));

  beforeAll(async () => {
    const outdir = join(scratch, 'express');
    await esbuild.build({
      entryPoints: ['app.ts', 'server.ts'].map((name) => join(root, 'examples/express', name)),
      outdir,
      format: 'esm',
      target: 'node20',
    });
    const server = await serve(join(outdir, 'server.js'));
    child = server.child;
    invite = inviteAt(server.url);
  }, 60_000);

  describeApp((body) => invite(body));
  describeShutdown(() => ({ child, invite }));
});

(apps.includes('nestjs') ? describe : describe.skip)('examples/nestjs', () => {
  let child: ChildProcess;
  let invite: Invite = () => Promise.reject(new Error('not started'));

  beforeAll(async () => {
    const outDir = join(scratch, 'nestjs');
    const args = ['-p', join(root, 'examples/nestjs'), '--noEmit', 'false', '--rootDir', root, '--outDir', outDir];
    execFileSync(process.execPath, [tsc, ...args], { cwd: root, stdio: 'pipe' });
    const server = await serve(join(outDir, 'examples/nestjs/main.js'));
    child = server.child;
    invite = inviteAt(server.url);
  }, 120_000);

  describeApp((body) => invite(body));
  describeShutdown(() => ({ child, invite }));
});

(apps.includes('nextjs') ? describe : describe.skip)('examples/nextjs', () => {
  const route = join(scratch, 'route.mjs');
  let child: ChildProcess;
  let lines: AsyncIterator<string>;

  // the handler is called as Next calls it, with a Request, in a process of its own that knows the sandbox's certificate
  beforeAll(async () => {
    await esbuild.build({
      entryPoints: [join(root, 'examples/nextjs/app/api/invitations/route.ts')],
      outfile: route,
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      target: 'node20',
      tsconfigRaw: {},
    });
    const caller = join(scratch, 'caller.mjs');
    writeFileSync(
      caller,
      `import { createInterface } from 'node:readline';
       import { POST } from './route.mjs';
       for await (const body of createInterface({ input: process.stdin })) {
         const response = await POST(new Request('http://localhost/api/invitations', { method: 'POST', body }));
         console.log(JSON.stringify({ status: response.status, retryAfter: response.headers.get('Retry-After'), body: await response.json() }));
       }`,
    );
    child = start(caller);
    child.stderr?.resume();
    lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }, 60_000);

  describeApp(async (body) => {
    child.stdin?.write(`${JSON.stringify(body)}\n`);
    const { value } = (await lines.next()) as { value: string };
    return JSON.parse(value) as Answer;
  });

  test('a body that is no JSON: 400', async () => {
    child.stdin?.write('hello\n');
    const { value } = (await lines.next()) as { value: string };
    expect(JSON.parse(value)).toMatchObject({ status: 400 });
  });
});

test.each(['.', 'examples/nestjs', 'examples/nextjs'])('npm run typecheck checks %s, too', (project) => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: { typecheck: string } };
  expect(scripts.typecheck.split(' && ')).toContain(project === '.' ? 'tsc --noEmit' : `tsc -p ${project} --noEmit`);
});
