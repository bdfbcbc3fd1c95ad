import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanEnv, compat as folder, root, run, useCompat } from './support/compat-folder.js';

const compat = useCompat();
let tarball = '';

beforeAll(() => {
  const output = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', compat.folder], {
    cwd: root,
    encoding: 'utf8',
    env: cleanEnv,
    shell: process.platform === 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [pack] = JSON.parse(output) as { filename: string }[];
  tarball = join(compat.folder, pack?.filename ?? '');
});

/** Newer than everything anybody keeps: what is resolved is what a new project gets today. */
const managers: [string, string[], Record<string, string>][] = [
  [
    'Yarn 1, which refuses what another Node.js is meant for',
    ['yarn/bin/yarn.js', 'install', '--ignore-scripts', '--no-progress', '--non-interactive'],
    {},
  ],
  [
    'pnpm with engine-strict',
    ['pnpm/bin/pnpm.cjs', 'install', '--ignore-scripts', '--reporter=append-only'],
    { '.npmrc': 'engine-strict=true\n' },
  ],
  [
    'pnpm without hoisting',
    ['pnpm/bin/pnpm.cjs', 'install', '--ignore-scripts', '--reporter=append-only'],
    { '.npmrc': 'hoist=false\nengine-strict=true\n' },
  ],
];

test.each(managers)('%s installs, and what it installed sends', async (name, [program = '', ...args], files) => {
  const project = join(compat.folder, `project-${managers.findIndex(([other]) => other === name)}`);
  mkdirSync(project);
  const manifest = {
    name: 'app',
    version: '1.0.0',
    license: 'MIT',
    private: true,
    dependencies: { 'nodemailer-graph-transport': `file:${tarball}`, nodemailer: '^10.0.0' },
  };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
  for (const [file, content] of Object.entries(files)) writeFileSync(join(project, file), content);
  // Yarn keeps a tarball by its path
  const env = { ...compat.env, YARN_CACHE_FOLDER: join(compat.folder, 'yarn-cache'), CI: 'true' };
  const installed = await run(process.execPath, [join(folder, 'node_modules', program), ...args], { cwd: project, env });
  expect([installed.code, installed.code === 0 ? '' : installed.stdout + installed.stderr]).toEqual([0, '']);
  const app = `
    import nodemailer from 'nodemailer';
    import { readFileSync } from 'node:fs';
    import { graphTransport } from 'nodemailer-graph-transport';
    const { options } = JSON.parse(readFileSync(process.env.TARGET, 'utf8'));
    const { response } = await nodemailer.createTransport(graphTransport(options)).sendMail({ to: 'reader@example.com', subject: 'installed', text: 'Hello' });
    console.log(response);`;
  writeFileSync(join(project, 'app.mjs'), app);
  const sent = await run(process.execPath, ['app.mjs'], { cwd: project, env });
  expect([sent.stdout.trim(), sent.stderr]).toEqual(['202 Accepted', '']);
  expect(compat.sandbox.messages).toHaveLength(1);
});
