import { execFile } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startSandbox } from '../../lib/sandbox/index.js';
import { buildPackage, cleanEnv, useScratchFolder } from '../examples/support/package-folder.js';
import { readPage, root } from './pages.js';

interface Dependencies {
  direct: { name: string; packages: number; bytes: number }[];
  packages: number;
  bytes: number;
  licenses: string[];
}

const page = readPage('docs/dependencies.md');
const rows = [...page.matchAll(/^\| `([^`]+)` +\| (.+?) +\| (.+?) +\| (\d+) +\| ([\d.]+) MB +\|$/gm)].map(
  ([, name = '', , loaded = '', packages, size]) => ({ name, loaded, packages: Number(packages), megabytes: Number(size) }),
);
const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };

test('the page lists what is part of the package', () => {
  const [, section = ''] = page.split('## Part of the package');
  const listed = [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name);
  buildPackage();
  const vendored = [...new Set(readdirSync(join(root, 'dist/vendor')).map((name) => name.replace(/(\.names)?\.cjs$/, '')))];
  expect(listed.sort()).toEqual(vendored.sort());
  const notices = readFileSync(join(root, 'dist/THIRD-PARTY-NOTICES'), 'utf8');
  for (const name of vendored.map((file) => (file === 'azure' ? '@azure/identity' : file)))
    expect(notices).toMatch(new RegExp(`^${name} \\d`, 'm'));
  expect(notices).not.toContain('without a text of its own');
});

test('the page lists the dependencies of package.json, no more and no fewer', () => {
  expect(rows.map(({ name }) => name).sort()).toEqual(Object.keys(dependencies).sort());
});

test('numbers and licences are those of what is installed (npm run docs:dependencies)', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'scripts/dependencies.mjs'), '--json']);
  const found = JSON.parse(stdout) as Dependencies;
  const [, packages, megabytes, licenses = ''] = /(\d+) packages, ([\d.]+) MB on disk, licences (.+?)\. Packages/.exec(page) ?? [];
  // a patch release may change a size a little, and is no reason to write the page anew
  const near = (given: number, is: number) => Math.abs(given - is) <= Math.max(0.1, is / 10);
  expect([Number(packages), found.packages, near(Number(packages), found.packages)]).toEqual([Number(packages), found.packages, true]);
  expect(near(Number(megabytes), found.bytes / 1e6)).toBe(true);
  expect(licenses.split(', ')).toEqual(found.licenses);
  for (const { name, bytes } of found.direct) {
    const row = rows.find((candidate) => candidate.name === name);
    expect([name, near(row?.megabytes ?? 0, bytes / 1e6)]).toEqual([name, true]);
  }
}, 60_000);

test('nothing runs at install time', () => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; hasInstallScript?: boolean }>;
  };
  const scripted = Object.entries(packages).filter(([path, { dev, hasInstallScript }]) => path !== '' && !dev && hasInstallScript);
  expect(scripted).toEqual([]);
});

describe('what is loaded when', () => {
  const scratch = useScratchFolder();
  beforeAll(buildPackage, 300_000);

  /** Sends two messages in a process of its own; what it had loaded before, after the first and after the second. */
  async function load(options: string): Promise<{ start: string[]; first: string[]; second: string[] }> {
    const sandbox = await startSandbox();
    try {
      writeFileSync(join(scratch, 'ca.pem'), sandbox.ca);
      writeFileSync(
        join(scratch, 'app.cjs'),
        `const nodemailer = require('nodemailer');
         const own = Object.keys(require.cache);
         const { graphTransport } = require('nodemailer-graph-transport');
         const loaded = () => Object.keys(require.cache).flatMap((file) => file.split(/[\\\\/]node_modules[\\\\/]/).slice(1))
           .map((file) => file.replaceAll('\\\\', '/').split('/').slice(0, file.startsWith('@') ? 2 : 1).join('/'));
         const names = () => [...new Set(loaded())].sort();
         (async () => {
           const start = names();
           const sandbox = ${JSON.stringify({ ...sandbox.options, token: sandbox.issueToken() })};
           const transporter = nodemailer.createTransport(graphTransport(${options}));
           await transporter.sendMail({ to: 'reader@example.com', subject: 'Hello', text: 'Hello' });
           const first = names();
           await transporter.sendMail({ to: 'reader@example.com', subject: 'Hello', text: 'Hello', attachments: [{ filename: 'a.txt', content: 'a' }] });
           console.log(JSON.stringify({ start, first, second: names() }));
           transporter.close();
         })();`,
      );
      const { stdout } = await promisify(execFile)(process.execPath, [join(scratch, 'app.cjs')], { env: cleanEnv });
      return JSON.parse(stdout) as { start: string[]; first: string[]; second: string[] };
    } finally {
      await sandbox.close();
    }
  }

  const named = (pattern: RegExp) => rows.filter(({ loaded }) => pattern.test(loaded)).map(({ name }) => name);
  const ofTable = (names: string[]) => names.filter((name) => rows.some((row) => row.name === name));

  test('import: Nodemailer alone; a secret: what the table says; later: nothing more', async () => {
    const { start, first, second } = await load('(({ token, ...rest }) => rest)(sandbox)');
    expect(start).toEqual(['nodemailer']);
    expect(ofTable(first)).toEqual(named(/^first message$/).sort());
    // the sign-in is a file of the package
    expect(first.filter((name) => name.startsWith('@azure/'))).toEqual([]);
    expect(second).toEqual(first);
  }, 60_000);

  test('with a credential of your own: no @azure', async () => {
    const { first } = await load(
      `{ credential: { getToken: async () => ({ token: sandbox.token, expiresOnTimestamp: Date.now() + 3600e3 }) },
         mailbox: sandbox.mailbox, graphEndpoint: sandbox.graphEndpoint, authorityHost: sandbox.authorityHost, tls: sandbox.tls }`,
    );
    expect(ofTable(first)).toEqual(named(/^first message$/).sort());
  }, 60_000);
});

test('the README gives the same numbers', () => {
  const [, packages, megabytes] = /(\d+) packages, ([\d.]+) MB on disk/.exec(page) ?? [];
  expect(readPage('README.md')).toContain(`[${packages}, ${Math.round(Number(megabytes))} MB](docs/dependencies.md)`);
});
