// Writes the table of runtime dependencies into docs/dependencies.md: counted in package-lock.json, measured in node_modules.
// With --json it prints the same as data instead.
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = join(root, 'docs/dependencies.md');
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));

/** What each is for, and when it is loaded. */
const reasons = {
  '@microsoft/microsoft-graph-client': ["Microsoft's own client of Graph", 'first message'],
  undici: ['connections, proxies, timeouts', 'first message'],
};

/** Where `name` is found from the package at `from`, as Node looks for it. */
function resolve(name, from) {
  for (let at = from; ; at = posix.dirname(at)) {
    if (posix.basename(at) === 'node_modules') continue;
    const candidate = posix.join(at, 'node_modules', name);
    if (packages[candidate]) return candidate;
    if (at === '.' || at === '') return undefined;
  }
}

/** A package and everything it needs. */
function closure(path, found = new Set()) {
  if (found.has(path)) return found;
  found.add(path);
  for (const name of Object.keys({ ...packages[path].dependencies, ...packages[path].optionalDependencies })) {
    const dependency = resolve(name, path);
    if (dependency) closure(dependency, found);
  }
  return found;
}

/** Bytes of the files of one package. */
function sizeOf(path) {
  const count = (folder) =>
    readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => name !== 'node_modules')
      .reduce((sum, entry) => sum + (entry.isDirectory() ? count(join(folder, entry.name)) : statSync(join(folder, entry.name)).size), 0);
  return count(join(root, path));
}

const direct = Object.keys(packages[''].dependencies).map((name) => {
  if (!reasons[name]) throw new Error(`scripts/dependencies.mjs does not say what ${name} is for`);
  const paths = [...closure(resolve(name, ''))];
  const [purpose, loaded] = reasons[name];
  return { name, purpose, loaded, paths, license: packages[resolve(name, '')].license };
});
const all = [...new Set(direct.flatMap(({ paths }) => paths))];
const sizes = new Map(all.map((path) => [path, sizeOf(path)]));
const bytesOf = (paths) => paths.reduce((sum, path) => sum + sizes.get(path), 0);
const result = {
  direct: direct.map(({ paths, ...rest }) => ({ ...rest, packages: paths.length, bytes: bytesOf(paths) })),
  packages: all.length,
  bytes: bytesOf(all),
  licenses: [...new Set(all.map((path) => packages[path].license))].sort(),
};

if (process.argv.includes('--json')) {
  console.log(JSON.stringify(result));
} else {
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  const rows = result.direct.map(
    ({ name, purpose, loaded, packages: count, bytes }) => `| \`${name}\` | ${purpose} | ${loaded} | ${count} | ${megabytes(bytes)} |`,
  );
  const text = `${result.packages} packages, ${megabytes(result.bytes)} on disk, licences ${result.licenses.join(', ')}. Packages that several need are counted at each of them, and once in the sum.

| Package | What for | Loaded | Packages | Size |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
  const markers = /(<!-- dependencies: npm run docs:dependencies -->\n)[^]*(<!-- \/dependencies -->)/;
  writeFileSync(
    page,
    readFileSync(page, 'utf8').replace(markers, (_, begin, end) => `${begin}\n${text}\n${end}`),
  );
}
