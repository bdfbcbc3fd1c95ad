import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parse } from 'yaml';
import { buildPackage, cleanEnv, root, useScratchFolder } from './support/package-folder.js';

// The Dockerfile's own steps, one by one, below a folder that stands for the container's root, with this package in place of the published
// one. No image is built of it: that it starts from an image, as the user node, is not shown here.
const folder = mkdtempSync(join(tmpdir(), 'docker-sandbox-'));
const scratch = useScratchFolder();
const running: ChildProcess[] = [];
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
});

const read = (name: string): string => readFileSync(join(root, 'examples/docker-sandbox', name), 'utf8');
const instructions = read('Dockerfile')
  .replace(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  .map((line): [name: string, text: string] => [line.split(' ', 1)[0] ?? '', line.replace(/^\S+\s+/, '')]);
const textOf = (name: string): string => instructions.find(([instruction]) => instruction === name)?.[1] ?? '';

/** Where a path of the container is here. */
const inFolder = (text: string): string => text.replace(/(?<![\w/.])\/ca(?![\w-])/g, join(folder, 'ca'));
const env = {
  ...cleanEnv,
  npm_config_prefix: join(folder, 'usr/local'),
  // which `npm cache clean` empties
  npm_config_cache: join(folder, 'cache'),
  PATH: [join(folder, 'usr/local/bin'), process.env['PATH']].join(delimiter),
};

/** Starts what the container would; `more` gives it free ports. */
function start(secret: string | undefined): { child: ChildProcess; output: () => string } {
  const [program = '', ...args] = JSON.parse(textOf('ENTRYPOINT')) as string[];
  const ports = ['--port', '--authority-port', '--upload-port', '--inbox-port'].flatMap((name) => [name, '0']);
  const child = spawn(program, [...args.map(inFolder), ...ports], {
    cwd: inFolder(textOf('WORKDIR')),
    env: { ...env, ...(secret !== undefined && { GRAPH_SANDBOX_SECRET: secret }) },
    // with its standard input it would end
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  running.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { child, output: () => text };
}

beforeAll(() => {
  buildPackage();
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: root,
      env: cleanEnv,
      encoding: 'utf8',
    }),
  ) as [{ filename: string }];
  mkdirSync(join(folder, 'usr/local'), { recursive: true });
  const run = inFolder(textOf('RUN'))
    .replace('nodemailer-graph-transport', join(folder, filename))
    // whom there is here
    .replace('node:node', `${process.getuid?.()}:${process.getgid?.()}`);
  execFileSync('sh', ['-ec', run], { cwd: folder, env, stdio: 'pipe' });
}, 300_000);

test('the steps are those that are tried here', () => {
  expect(instructions.map(([name]) => name)).toEqual(['FROM', 'RUN', 'USER', 'WORKDIR', 'ENTRYPOINT', 'EXPOSE']);
  expect(textOf('FROM')).toMatch(/^node:/);
  expect(textOf('USER')).toBe('node');
  expect(existsSync(join(folder, 'usr/local/bin/nodemailer-graph-transport'))).toBe(true);
  expect(existsSync(join(folder, 'ca'))).toBe(true);
});

test('without a secret of its own it does not start, and says what it wants', async () => {
  const { child, output } = start(undefined);
  const [status] = (await once(child, 'exit')) as [number];
  expect(status).toBe(1);
  expect(output()).toMatch(/--client-secret|GRAPH_SANDBOX_SECRET/);
});

test('an app with the environment of docker-compose.yml sends to it, and its inbox has the mail', async () => {
  const secret = 'a-secret-of-our-own';
  const { output } = start(secret);
  while (!/GRAPH_AUTHORITY_HOST=\S+/.test(output())) await new Promise((resolve) => setTimeout(resolve, 50));
  const printed = (name: string): string => new RegExp(`^${name}=(\\S+)$`, 'm').exec(output())?.[1] ?? '';
  const { services } = parse(read('docker-compose.yml')) as { services: { app: { environment: Record<string, string> } } };
  const given = services.app.environment;
  // the container's ports are fixed, those here are free ones
  const withoutPort = (url = ''): string => url.replace(/:\d+$/, '');
  for (const name of ['GRAPH_TENANT_ID', 'GRAPH_CLIENT_ID', 'GRAPH_SENDER']) expect([name, given[name]]).toEqual([name, printed(name)]);
  for (const name of ['GRAPH_ENDPOINT', 'GRAPH_AUTHORITY_HOST']) expect(withoutPort(given[name])).toBe(withoutPort(printed(name)));
  expect(given['GRAPH_CLIENT_SECRET']).toBe('${GRAPH_SANDBOX_SECRET}');
  // in the network of the containers the name is known
  writeFileSync(
    join(scratch, 'names.cjs'),
    `const dns = require('node:dns');
    const { lookup } = dns;
    dns.lookup = (name, ...more) => lookup(name === 'graph-sandbox' ? '127.0.0.1' : name, ...more);`,
  );
  writeFileSync(
    join(scratch, 'app.mjs'),
    `import nodemailer from 'nodemailer';
    import { graphTransportFromEnv } from 'nodemailer-graph-transport';
    const transporter = nodemailer.createTransport(graphTransportFromEnv());
    await transporter.sendMail({ to: 'ada@example.com', subject: 'From a container', text: 'Hello' });
    transporter.close();`,
  );
  execFileSync(process.execPath, ['--require', join(scratch, 'names.cjs'), join(scratch, 'app.mjs')], {
    cwd: scratch,
    env: {
      ...cleanEnv,
      ...given,
      GRAPH_ENDPOINT: printed('GRAPH_ENDPOINT'),
      GRAPH_AUTHORITY_HOST: printed('GRAPH_AUTHORITY_HOST'),
      GRAPH_CLIENT_SECRET: secret,
      NODE_EXTRA_CA_CERTS: inFolder(given['NODE_EXTRA_CA_CERTS'] ?? ''),
    },
    stdio: 'pipe',
  });
  // from this machine, as compose publishes it
  const inbox = new URL(/Inbox: (\S+)/.exec(output())?.[1] ?? '');
  inbox.hostname = '127.0.0.1';
  expect(inbox.pathname).toMatch(/^\/k\/[\w-]{20,}\/$/);
  const { items } = (await (await fetch(new URL('api/v1/messages', inbox))).json()) as { items: { subject: string }[] };
  expect(items.map(({ subject }) => subject)).toEqual(['From a container']);
  expect((await fetch(new URL('/api/v1/messages', inbox))).status).toBe(404);
  expect(output()).not.toContain(secret);
});
