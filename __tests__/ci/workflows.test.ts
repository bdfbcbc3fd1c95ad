import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDocument } from 'yaml';

const root = join(__dirname, '../..');
const folder = join(root, '.github/workflows');

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}
interface Job {
  permissions?: Record<string, string>;
  'timeout-minutes'?: number;
  strategy?: { matrix: Record<string, number[]> };
  needs?: string;
  steps: Step[];
}
interface Workflow {
  permissions?: Record<string, string>;
  jobs: Record<string, Job>;
}
interface Package {
  engines: { node: string };
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  peerDependencies: { nodemailer: string };
}

const manifest = JSON.parse(read('package.json')) as Package;
const files = readdirSync(folder);
const workflows = files.map((name) => ({
  name,
  text: read(`.github/workflows/${name}`),
  jobs: Object.values(parse<Workflow>(`.github/workflows/${name}`).jobs),
}));

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function parse<T>(path: string): T {
  const document = parseDocument(read(path), { strict: true, uniqueKeys: true });
  expect([...document.errors, ...document.warnings]).toEqual([]);
  return document.toJS() as T;
}

function job(workflow: string, name: string): Job {
  const found = parse<Workflow>(`.github/workflows/${workflow}`).jobs[name];
  if (!found) throw new Error(`${workflow} has no job ${name}`);
  return found;
}

test('there are the workflows this test is about', () => {
  expect(files).toEqual(expect.arrayContaining(['ci.yml', 'release.yml']));
});

describe.each(workflows)('$name', ({ name, text, jobs }) => {
  const steps = jobs.flatMap((one) => one.steps);

  test('pins every action to a commit and names its version', () => {
    const used = steps.flatMap(({ uses }) => (uses === undefined ? [] : [uses]));
    expect(used.length).toBeGreaterThan(0);
    for (const action of used) {
      expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
      expect(text).toMatch(new RegExp(`uses: ${action} # v\\d+\\.\\d+\\.\\d+$`, 'm'));
    }
  });

  test('may read the code, and nothing more unless a job says so', () => {
    const { permissions } = parse<Workflow>(`.github/workflows/${name}`);
    expect([{}, { contents: 'read' }]).toContainEqual(permissions);
    for (const action of steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'))) {
      expect(action.with).toMatchObject({ 'persist-credentials': false });
    }
  });

  test('ends, whatever hangs', () => {
    for (const one of jobs) expect(one['timeout-minutes']).toBeGreaterThan(0);
  });

  test('runs only what there is', () => {
    const commands = steps.flatMap(({ run }) => (run === undefined ? [] : [run]));
    const scripts = commands.flatMap((command) => [...command.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, script]) => script ?? ''));
    expect(Object.keys(manifest.scripts)).toEqual(expect.arrayContaining(scripts));
    const programs = commands.flatMap((command) => [...command.matchAll(/(?:^|node )(\.[\w./-]+)/gm)].map(([, path]) => path ?? ''));
    expect(programs.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test('uses no expression in a shell command that somebody else could write', () => {
    const expressions = steps.flatMap(({ run }) => [...(run ?? '').matchAll(/\$\{\{(.*?)\}\}/g)].map(([, inner]) => inner?.trim()));
    expect(expressions.filter((inner) => !/^matrix\.\w+$/.test(inner ?? ''))).toEqual([]);
  });
});

test('the same action has the same commit everywhere', () => {
  const used = workflows.flatMap(({ jobs }) => jobs.flatMap((one) => one.steps.flatMap(({ uses }) => uses ?? [])));
  const names = new Set(used.map((action) => action.split('@')[0]));
  expect(new Set(used).size).toBe(names.size);
});

describe('the matrix', () => {
  const oldest = Number(/^>=(\d+)$/.exec(manifest.engines.node)?.[1]);
  const [, from, below] = /^>=(\d+)\.0\.0 <(\d+)$/.exec(manifest.peerDependencies.nodemailer) ?? [];
  const nodemailers = Array.from({ length: Number(below) - Number(from) }, (_, index) => Number(from) + index);

  test('covers every Nodemailer of peerDependencies', () => {
    expect(nodemailers.length).toBeGreaterThan(0);
    expect(job('ci.yml', 'matrix').strategy?.matrix['nodemailer']).toEqual(nodemailers);
  });

  test('covers Node.js from the oldest of engines on, every version with long-term support', () => {
    const nodes = job('ci.yml', 'matrix').strategy?.matrix['node'] ?? [];
    expect(nodes).toEqual(nodes.map((_, index) => oldest + 2 * index));
    expect(nodes.length).toBeGreaterThanOrEqual(3);
    expect(job('ci.yml', 'test').strategy?.matrix['node']).toEqual(nodes);
  });

  test.each([
    ['--node', 'node'],
    ['--nodemailer', 'nodemailer'],
  ])('is the one of npm run test:matrix, %s', (option, axis) => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/test-matrix.mjs', option, '99'], { cwd: root, encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr.trim()).toBe(`${option} 99: must be of ${job('ci.yml', 'matrix').strategy?.matrix[axis]?.join(', ')}`);
  });
});

describe('a release', () => {
  test('is published after all checks, by a job that runs nobody else’s code', () => {
    const publish = job('release.yml', 'publish');
    expect(publish.needs).toBe('pack');
    expect(publish.permissions).toEqual({ 'id-token': 'write' });
    // the packed file, and no script of it or of a dependency
    expect(publish.steps.map(({ run }) => run).filter(Boolean)).toEqual([
      'npm publish ./package/*.tgz --provenance --access public --ignore-scripts',
    ]);
    expect(publish.steps.map(({ uses }) => uses?.split('@')[0]).filter(Boolean)).toEqual([
      'actions/setup-node',
      'actions/download-artifact',
    ]);
    const pack = job('release.yml', 'pack');
    expect(pack.needs).toBe('check');
    expect(pack.steps.map(({ run }) => run).filter(Boolean)).toEqual(['npm ci', 'npm pack --pack-destination package']);
    for (const one of [pack, job('release.yml', 'check')]) expect(one.permissions).toEqual({ contents: 'read' });
  });

  test('nobody else may ask for an identity or write, but the job that puts the site online', () => {
    const writing = workflows.flatMap(({ name }) =>
      Object.entries(parse<Workflow>(`.github/workflows/${name}`).jobs)
        .filter(([, { permissions }]) => Object.values(permissions ?? {}).includes('write'))
        .map(([one]) => `${name} ${one}`),
    );
    expect(writing.sort()).toEqual(['release.yml publish', 'site.yml deploy']);
    expect(job('site.yml', 'deploy').permissions).toEqual({ pages: 'write', 'id-token': 'write' });
    expect(job('site.yml', 'deploy').steps.filter(({ run }) => run)).toEqual([]);
  });

  test('is checked as a maintainer checks: .ci/run, and whether tag and CHANGELOG fit', () => {
    const commands = job('release.yml', 'check').steps.map(({ run }) => run);
    expect(commands).toEqual(expect.arrayContaining(['.ci/run', 'node .github/check-release.mjs "$GITHUB_REF_NAME"']));
  });

  const changelog =
    '# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-01-31\n\n### Added\n\n- Something.\n\n## [1.2.2] - 2026-01-01\n\n- Less.\n';
  const repository = { type: 'git', url: 'git+https://github.com/contoso/mail.git' };
  const ready = { tag: 'v1.2.3', changelog, repository: repository as unknown, home: 'contoso/mail' };

  test.each([
    ['all fits', {}, ''],
    ['the repository in its short form', { repository: 'github:contoso/mail' }, ''],
    ['a tag of another version', { tag: 'v1.2.4' }, 'the tag is "v1.2.4", but package.json says 1.2.3'],
    ['a tag without v', { tag: '1.2.3' }, 'it would have to be "v1.2.3"'],
    ['no tag', { tag: '' }, 'the tag is ""'],
    ['no entry', { changelog: changelog.replace('[1.2.3]', '[1.2.30]') }, 'no entry "## [1.2.3]"'],
    ['an entry that says nothing', { changelog: changelog.replace('- Something.', '') }, '"## [1.2.3]" of CHANGELOG.md is empty'],
    ['entries that are left over', { changelog: `## [Unreleased]\n\n- New.\n\n${changelog}` }, 'still has entries under "[Unreleased]"'],
    ['another repository', { home: 'example/mail' }, 'but this is github.com/example/mail'],
    ['a repository that only ends alike', { home: 'ntoso/mail' }, 'but this is github.com/ntoso/mail'],
    ['the placeholder', { repository: { url: 'git+https://github.com/REPOSITORY.git' } }, 'still is the placeholder'],
    ['the placeholder, outside of GitHub', { repository: 'github:REPOSITORY', home: '' }, 'still is the placeholder'],
    ['no repository', { repository: undefined }, '"repository" of package.json is ""'],
  ])('%s', (_what, change, problem) => {
    const given = { ...ready, ...change };
    const cwd = mkdtempSync(join(tmpdir(), 'check-release-'));
    try {
      writeFileSync(join(cwd, 'package.json'), JSON.stringify({ version: '1.2.3', repository: given.repository }));
      writeFileSync(join(cwd, 'CHANGELOG.md'), given.changelog);
      const args = [join(root, '.github/check-release.mjs'), given.tag];
      const env = { ...process.env, GITHUB_REPOSITORY: given.home };
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, env, encoding: 'utf8' });
      expect(status).toBe(problem === '' ? 0 : 1);
      expect(stderr).toContain(problem);
      expect(stdout).toBe(problem === '' ? '1.2.3 may be published\n' : '');
    } finally {
      rmSync(cwd, { recursive: true });
    }
  });
});

describe('Dependabot', () => {
  interface Update {
    'package-ecosystem': string;
    directory: string;
    ignore?: { 'dependency-name': string; 'update-types'?: string[] }[];
  }
  const { updates } = parse<{ updates: Update[] }>('.github/dependabot.yml');

  test('looks at every place that names versions', () => {
    expect(updates.map((update) => `${update['package-ecosystem']} ${update.directory}`)).toEqual([
      'npm /',
      'npm /mutation',
      'npm /site',
      'github-actions /',
    ]);
    for (const { directory } of updates) expect(existsSync(join(root, directory))).toBe(true);
  });

  test('leaves alone what package.json holds at one version', () => {
    const exact = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(([, range]) => /^\d/.test(range));
    const ignored = updates[0]?.ignore?.filter((entry) => !entry['update-types']).map((entry) => entry['dependency-name']);
    expect(exact.length).toBeGreaterThan(0);
    expect(ignored).toEqual(expect.arrayContaining(exact.map(([name]) => name)));
  });
});
