import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import ts from 'typescript';

const ROOT = join(__dirname, '..');

/** Every file of lib/ with what it imports, types included: files of lib/ by path, packages by name. */
const files = new Map(
  readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => [path, importsOf(path)] as const),
);

function importsOf(path: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(ROOT, 'lib', path), 'utf8'), true, true);
  return importedFiles
    .filter(({ fileName }) => !fileName.endsWith('.css'))
    .map(({ fileName }) => {
      if (!fileName.startsWith('.')) return fileName;
      const target = posix.join(dirname(path), fileName).replace(/\.js$/, '');
      return existsSync(join(ROOT, 'lib', `${target}.tsx`)) ? `${target}.tsx` : `${target}.ts`;
    });
}

interface Row {
  name: string;
  imports: string[];
  packages: string[];
}

const rows = readTable();

function readTable(): Row[] {
  const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
  const [, section = ''] = page.split('## What may import what');
  const lines = section.split('\n').filter((line) => /^\| `/.test(line));
  const names = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
  return lines.map((line) => {
    const [, name, , imports, packages] = line.split('|');
    return { name: names(name)[0] ?? '', imports: names(imports), packages: names(packages) };
  });
}

/** Whether a path is what the table calls so: a folder with all below it, or one file. */
const isIn = (path: string, name: string) => (name.endsWith('/') ? path.startsWith(name) : path === name);

/** The row of a file: the one that says most about it. */
function rowOf(path: string): Row | undefined {
  return rows.filter(({ name }) => isIn(path, name)).sort((one, other) => other.name.length - one.name.length)[0];
}

const isFile = (name: string) => files.has(name);
/** `nodemailer/lib/fetch/index.js` is of `nodemailer`. */
const packageOf = (name: string) => name.split('/', name.startsWith('@') ? 2 : 1).join('/');

test('the table says something about every file, and nothing about what is not there', () => {
  expect([...files.keys()].filter((path) => !rowOf(path))).toEqual([]);
  const named = rows.flatMap(({ name, imports }) => [name, ...imports]);
  expect(named.filter((name) => ![...files.keys()].some((path) => isIn(path, name)))).toEqual([]);
});

describe.each(rows.map((row) => [row.name, row] as const))('%s', (_name, row) => {
  const own = [...files].filter(([path]) => rowOf(path) === row);

  test('imports from lib/ only what the table allows', () => {
    const upward = own.flatMap(([path, imports]) =>
      imports
        .filter(isFile)
        .filter((target) => rowOf(target) !== row && !row.imports.some((name) => isIn(target, name)))
        .map((target) => `${path} → ${target}`),
    );
    expect(upward).toEqual([]);
  });

  test('imports only the packages the table names', () => {
    const foreign = own.flatMap(([path, imports]) =>
      imports
        .filter((name) => !isFile(name) && !name.startsWith('node:'))
        .filter((name) => !row.packages.includes(packageOf(name)))
        .map((name) => `${path} → ${name}`),
    );
    expect(foreign).toEqual([]);
  });

  test('needs everything the table allows it', () => {
    const imported = own.flatMap(([, imports]) => imports);
    expect(row.imports.filter((name) => !imported.some((target) => isIn(target, name)))).toEqual([]);
    expect(row.packages.filter((name) => !imported.some((target) => packageOf(target) === name))).toEqual([]);
  });
});

/** All that a folder's files import, and what those import, and so on. */
function reachableFrom(folder: string): string[] {
  const seen = new Set<string>();
  const visit = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    files.get(path)?.forEach(visit);
  };
  for (const path of files.keys()) if (isIn(path, folder)) visit(path);
  return [...seen];
}

test.each([
  // planning has no network …
  ['plan/', ['graph/', 'delivery/', 'sign-in/', 'transport.ts', 'undici', '@azure/', '@microsoft/']],
  ['encode/', ['plan/', 'graph/', 'delivery/', 'sign-in/']],
  ['message/', ['encode/', 'plan/', 'graph/', 'delivery/', 'sign-in/']],
  // … delivery no Nodemailer and no MIME tree, by whatever detour …
  ['delivery/', ['message/', 'encode/', 'plan/', 'transport.ts', 'nodemailer']],
  ['prepared/', ['message/', 'encode/', 'plan/', 'graph/', 'delivery/']],
  // … and the sandbox nothing of either
  ['sandbox/', ['base/', 'errors/', 'prepared/', 'message/', 'encode/', 'plan/', 'graph/', 'delivery/', 'sign-in/', 'transport.ts']],
])('from %s nothing in %j can be reached', (folder, forbidden) => {
  const reached = reachableFrom(folder);
  expect(reached.length).toBeGreaterThan(3);
  expect(reached.filter((path) => forbidden.some((name) => path.startsWith(name)))).toEqual([]);
});

test('no files import each other in a circle, types included', () => {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string, way: string[]) => {
    const at = way.indexOf(path);
    if (at >= 0) circles.push([...way.slice(at), path].join(' → '));
    if (at >= 0 || done.has(path)) return;
    for (const target of files.get(path) ?? []) if (isFile(target)) visit(target, [...way, path]);
    done.add(path);
  };
  for (const path of files.keys()) visit(path, []);
  expect(circles).toEqual([]);
});

test('the folders themselves form no circle, but for single files that the table names', () => {
  const folders = rows.filter(({ name }) => name.endsWith('/'));
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    (folders.find(({ name }) => name === from)?.imports ?? [])
      .filter((name) => name.endsWith('/') && !seen.has(name))
      .some((name) => name === to || reaches(name, to, seen.add(name)));
  expect(folders.filter(({ name }) => reaches(name, name)).map(({ name }) => name)).toEqual([]);
});
