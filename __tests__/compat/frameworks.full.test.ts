import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { compat as folder, run, useCompat } from './support/compat-folder.js';

const compat = useCompat();
const running: ChildProcess[] = [];
afterAll(async () => {
  for (const child of running) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill();
    await once(child, 'exit');
  }
});

interface Answered {
  answer: { status: number; retryAfter: string | null; text: string };
  known: { code: string; httpStatus: number; message: string; hint: string; mailbox: string };
}

const FAILURES: [string, object, { code: string; httpStatus: number }][] = [
  ['a wrong secret', { clientSecret: 'wrong' }, { code: 'EAUTH', httpStatus: 401 }],
  ['an unknown mailbox', { mailbox: 'nobody@contoso.com' }, { code: 'EENVELOPE', httpStatus: 404 }],
  ['throttling', {}, { code: 'EGRAPH', httpStatus: 429 }],
];

describe.each(FAILURES)('%s, which the app does not catch', (what, overrides, error) => {
  async function answerOf(app: string): Promise<Answered> {
    if (what === 'throttling') compat.sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'retry-after': '7' } });
    const env = { ...compat.env, OVERRIDES: JSON.stringify(overrides), NODE_ENV: 'production' };
    const { stdout, stderr, code } = await run(process.execPath, [`apps/${app}.mjs`], { env });
    if (code !== 0) throw new Error(stderr);
    const answered = JSON.parse(stdout) as Answered;
    expect(answered.known).toMatchObject(error);
    return answered;
  }

  test.each([
    ['Koa 3', 'koa', 'Internal Server Error'],
    ['NestJS 10', 'nest', '{"statusCode":500,"message":"Internal server error"}'],
  ])('is a plain 500 in %s', async (_name, app, text) => {
    expect((await answerOf(app)).answer).toEqual({ status: 500, retryAfter: null, text });
  });

  test('is a 500 in Fastify 5, which shows the message of any error and nothing else of it', async () => {
    const { answer, known } = await answerOf('fastify');
    expect(answer).toMatchObject({ status: 500, retryAfter: null });
    expect(JSON.parse(answer.text)).toEqual({ statusCode: 500, code: known.code, error: 'Internal Server Error', message: known.message });
  });
});

describe('Next.js 15, built where there are no settings', () => {
  let url = '';

  beforeAll(async () => {
    const app = join(compat.work, 'next');
    cpSync(join(folder, 'apps/next'), app, { recursive: true });
    const next = join(folder, 'node_modules/next/dist/bin/next');
    const env = { ...compat.env, TARGET: undefined, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' };
    const { code, stdout, stderr } = await run(process.execPath, [next, 'build'], { cwd: app, env });
    if (code !== 0) throw new Error(stdout + stderr);
    const child = spawn(process.execPath, [next, 'start', '-p', '0', '-H', '127.0.0.1'], {
      cwd: app,
      env: { ...env, TARGET: compat.env['TARGET'] },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    running.push(child);
    for await (const line of createInterface({ input: child.stdout })) {
      url = /Local:\s+(http\S+)/.exec(line)?.[1] ?? url;
      if (line.includes('Ready')) break;
    }
  }, 600_000);

  const post = (path: string, body: string | URLSearchParams, headers: Record<string, string> = {}) =>
    fetch(`${url}${path}`, { method: 'POST', body, headers: { ...headers, connection: 'close' }, redirect: 'manual' });

  test('a route handler sends', async () => {
    const answer = await post('/api/mail', JSON.stringify({ subject: 'from Next.js', text: 'Hello', html: '<p>Hello</p>' }));
    expect(await answer.json()).toMatchObject({ format: 'mime' });
    const raw = 'From: noreply@contoso.com\r\nSubject: =?iso-8859-1?Q?caf=E9?=\r\n\r\nHello\r\n';
    expect(await (await post('/api/mail', JSON.stringify({ raw, graph: { format: 'json' } }))).json()).toMatchObject({ format: 'json' });
    expect(compat.sandbox.messages.map(({ subject }) => subject)).toEqual(['from Next.js', 'café']);
  });

  test('Auth.js 5 (next-auth) sends its sign-in mail, every time', async () => {
    const csrf = await fetch(`${url}/api/auth/csrf`);
    const { csrfToken } = (await csrf.json()) as { csrfToken: string };
    const cookie = csrf.headers
      .getSetCookie()
      .map((line) => line.split(';', 1)[0])
      .join('; ');
    for (let count = 0; count < 2; count++) {
      const form = new URLSearchParams({ csrfToken, email: 'reader@example.com', callbackUrl: url });
      const answer = await post('/api/auth/signin/nodemailer', form, { cookie });
      expect(answer.headers.get('location')).toContain('/verify-request');
    }
    expect(compat.sandbox.messages.map(({ recipients, mailbox }) => [mailbox, recipients])).toEqual([
      ['noreply@contoso.com', ['reader@example.com']],
      ['noreply@contoso.com', ['reader@example.com']],
    ]);
  });
});
