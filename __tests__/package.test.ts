import { readFileSync, readdirSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { usePackage } from './support/use-package.js';

const root = join(__dirname, '..');
const packed = usePackage();
const entries = ['index', 'bounces/index', 'outbox/index', 'sandbox/index', 'telemetry/index'];

/** The files under a folder, with forward slashes. */
function list(path: string): string[] {
  return readdirSync(join(root, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(join(root, path).length + 1)
        .replaceAll('\\', '/'),
    );
}

describe('the packed package', () => {
  test('holds the two builds of lib and what a user reads, nothing else', () => {
    const common = ['index.js', 'bounces/index.js', 'outbox/index.js', 'sandbox/index.js', 'telemetry/index.js', 'package.json'];
    const builds = [
      ...[...common, 'cli/sendmail/main.js'].map((name) => `dist/cjs/${name}`),
      ...[...common, 'cli/main.js'].map((name) => `dist/esm/${name}`),
      ...['azure', 'commander', 'jsonwebtoken', 'libmime', 'mailparser', 'node-forge'].flatMap((name) => [
        `dist/vendor/${name}.cjs`,
        `dist/vendor/${name}.names.cjs`,
      ]),
    ];
    const read = ['CHANGELOG.md', 'CODE_OF_CONDUCT.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json'];
    const folders = ['docs', 'examples'].flatMap((folder) => list(folder).map((name) => `${folder}/${name}`));
    // what the entries of one build have in common, and the declarations
    const isShared = (path: string) => /^dist\/(esm|cjs)\/shared\/[\w-]+\.js$/.test(path);
    const isDeclaration = (path: string) => /^dist\/.*\.d\.ts$/.test(path);
    expect(packed.files.filter((path) => !isShared(path) && !isDeclaration(path)).toSorted()).toEqual(
      [...builds, ...read, ...folders, 'dist/THIRD-PARTY-NOTICES'].toSorted(),
    );
    expect(packed.files.filter(isShared).length).toBeGreaterThan(0);
    for (const entry of entries) {
      expect(packed.files).toEqual(expect.arrayContaining([`dist/esm/${entry}.d.ts`, `dist/cjs/${entry}.d.ts`]));
    }
  });

  test('every link between its pages leads to a file in it, and so does every page that an error or a command names', () => {
    const links = packed.files
      .filter((path) => path.endsWith('.md'))
      .flatMap((page) =>
        [...readFileSync(join(root, page), 'utf8').matchAll(/(?:\]\(|\bsrc="|\bsrcset=")(?!https?:|mailto:|data:|#)([^)"\s#]+)/g)].map(
          ([, link = '']) => ({
            page,
            target: join(page, '..', link).replaceAll('\\', '/').replace(/\/$/, ''),
          }),
        ),
      );
    expect(links.length).toBeGreaterThan(50);
    expect(links.map(({ target }) => target)).toContain('docs/images/inbox-dark.png');
    const isPacked = (target: string) => packed.files.some((path) => path === target || path.startsWith(`${target}/`));
    expect(links.filter(({ target }) => !isPacked(target))).toEqual([]);
    const named = packed.files
      .filter((path) => /^dist\/.*\.js$/.test(path))
      .flatMap((path) => readFileSync(join(root, path), 'utf8').match(/\bdocs\/[\w/-]+\.md\b/g) ?? []);
    expect([...new Set(named)].filter((page) => !isPacked(page))).toEqual([]);
  });

  test('every declaration in it is one that an entry leads to', () => {
    const led = new Set<string>();
    const queue = ['esm', 'cjs'].flatMap((format) => entries.map((entry) => `dist/${format}/${entry}.d.ts`));
    for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
      if (led.has(file)) continue;
      led.add(file);
      for (const [, path = ''] of readFileSync(join(root, file), 'utf8').matchAll(/(?:from |import\()['"](\.[^'"]+)\.js['"]/g)) {
        queue.push(join(file, '..', `${path}.d.ts`).replaceAll('\\', '/'));
      }
    }
    const shipped = packed.files.filter(
      (path) => path.endsWith('.d.ts') && !path.endsWith('/nodemailer-types.d.ts') && path.startsWith('dist/'),
    );
    expect(shipped.toSorted()).toEqual([...led].toSorted());
  });

  test('imports only what it declares as a dependency', () => {
    const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, object>;
    const declared = new Set(Object.keys({ ...dependencies, ...peerDependencies }));
    const imported = new Set<string>();
    for (const name of packed.files.filter((path) => /^dist\/.*\.(js|cjs|d\.ts)$/.test(path))) {
      const code = readFileSync(join(root, name), 'utf8');
      // what is bundled holds texts that only look like imports
      const pattern = name.endsWith('.cjs')
        ? /\brequire\(['"]([^'"$]+)['"]\)/g
        : /^\s*(?:import|export)\b[^'"]*\bfrom ['"]([^'"]+)['"]|\b(?:import|require)\(['"]([^'"]+)['"]\)/gm;
      const specifiers = [...code.matchAll(pattern)].map(([, from, call]) => from ?? call ?? '');
      for (const specifier of specifiers) imported.add(/^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? '');
    }
    expect([...imported].filter((name) => !/^(\.|node:)/.test(name) && !isBuiltin(name) && !declared.has(name))).toEqual([]);
    expect(imported).toContain('nodemailer');
  });
});
