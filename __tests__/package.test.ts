import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { usePackage } from './support/use-package.js';

const root = join(__dirname, '..');
const packed = usePackage();

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
    // the page of the inbox is bundled into one file
    const sources = list('lib').filter((name) => /\.ts$/.test(name) && !name.startsWith('sandbox/inbox/page/'));
    const declarations = [...new Set(sources.map((name) => name.replace(/(\.d)?\.ts$/, '.d.ts')))];
    const common = [...declarations, 'index.js', 'outbox/index.js', 'sandbox/index.js', 'package.json'];
    const builds = [
      ...[...common, 'sandbox/inbox/page-files.js'].map((name) => `dist/cjs/${name}`),
      ...[...common, 'cli/main.js'].map((name) => `dist/esm/${name}`),
    ];
    // what the entries of one build have in common
    const [shared, others] = [true, false].map((wanted) =>
      packed.files.filter((path) => /^dist\/esm\/shared\/\w+\.js$/.test(path) === wanted),
    );
    expect(others?.toSorted()).toEqual(
      [...builds, 'package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'dist/THIRD-PARTY-NOTICES'].toSorted(),
    );
    expect(shared?.length).toBeGreaterThan(0);
  });

  test('imports only what it declares as a dependency', () => {
    const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, object>;
    const declared = new Set(Object.keys({ ...dependencies, ...peerDependencies }));
    const imported = new Set<string>();
    for (const name of packed.files.filter((path) => /\.(js|d\.ts)$/.test(path))) {
      const code = readFileSync(join(root, name), 'utf8');
      const specifiers = [...code.matchAll(/\bfrom ['"]([^'"]+)['"]|\b(?:import|require)\(['"]([^'"]+)['"]\)/g)].map(
        ([, from, call]) => from ?? call ?? '',
      );
      for (const specifier of specifiers) imported.add(/^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? '');
    }
    expect([...imported].filter((name) => !/^(\.|node:)/.test(name) && !declared.has(name))).toEqual([]);
    expect(imported).toContain('nodemailer');
  });
});
