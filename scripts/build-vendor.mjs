// Packages that only the sandbox, the command line or rare messages need are put into the package, one file each, loaded when it is used:
// `npm install` brings neither them nor the fifty packages below them.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What is taken from each: names, or the whole as default. */
const packages = {
  commander: ['Command', 'InvalidArgumentError', 'Option'],
  jsonwebtoken: 'default',
  libmime: 'default',
  mailparser: ['simpleParser'],
  'node-forge': 'default',
};
/** A module of our own that is nothing but names of such packages: @azure/identity with all it needs. */
const modules = { azure: 'lib/sign-in/azure.ts' };
/** What is loaded from there. */
export const vendored = [...Object.keys(packages), '@azure/identity', '@azure/msal-node', '@azure/core-rest-pipeline'];
const pattern = new RegExp(`^(${Object.keys(packages).join('|')})$`);

/** For the builds of our own code: leaves a mark where such a package is imported, see {@link linkVendor}. */
export const vendor = {
  name: 'vendor',
  setup({ onResolve }) {
    onResolve({ filter: pattern }, ({ path }) => ({ path: `vendor:${path}`, external: true }));
    onResolve({ filter: /^\.\/azure\.js$/ }, () => ({ path: 'vendor:azure', external: true }));
  },
};

/** Writes dist/vendor. @returns the names of the packages that are in it */
export async function buildVendor() {
  const inputs = new Set();
  for (const [name, names] of Object.entries({ ...packages, ...modules })) {
    // with names Node finds them from ES modules, too; the default of a CommonJS file is all of it
    const contents =
      name in modules
        ? readFileSync(join(root, names), 'utf8')
        : names === 'default'
          ? `module.exports = require('${name}');`
          : `export { ${names.join(', ')} } from '${name}';`;
    const { metafile } = await build({
      absWorkingDir: root,
      stdin: { contents, resolveDir: root, sourcefile: `${name}.js` },
      outfile: `dist/vendor/${name}.cjs`,
      bundle: true,
      metafile: true,
      minify: true,
      legalComments: 'none',
      // some of them ask for AMD, which webpack grants: the file would export one of its parts (he) instead of the whole
      define: { define: 'undefined' },
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      logLevel: 'warning',
      // mailparser needs libmime as well
      plugins: [
        {
          name: 'shared',
          setup: ({ onResolve }) =>
            onResolve({ filter: /^libmime$/ }, ({ importer }) =>
              name === 'libmime' || !importer.includes('node_modules') ? undefined : { path: './libmime.cjs', external: true },
            ),
        },
      ],
    });
    for (const path of Object.keys(metafile.inputs)) {
      const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
      if (folder) inputs.add(folder);
    }
  }
  return [...inputs].sort();
}

/** Replaces the marks in the built files by the way to dist/vendor. */
export function linkVendor() {
  for (const format of ['esm', 'cjs']) {
    for (const name of readdirSync(join(root, 'dist', format), { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.js'),
    )) {
      const file = join(root, 'dist', format, name);
      const code = readFileSync(file, 'utf8');
      const way = relative(dirname(file), join(root, 'dist/vendor')).replaceAll('\\', '/');
      const linked = code.replace(/"vendor:([\w-]+)"/g, (_, vendored) => JSON.stringify(posix.join(way, `${vendored}.cjs`)));
      if (linked !== code) writeFileSync(file, linked);
    }
  }
}

/** The licences of the packages in these folders of node_modules. */
export function licencesOf(folders) {
  return folders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const file = readdirSync(join(root, folder)).find((one) => /^licen[cs]e/i.test(one));
    const terms = file ? readFileSync(join(root, folder, file), 'utf8').trim() : 'without a text of its own';
    return `${name} ${version} (${license})\n\n${terms}`;
  });
}

/** Keeps of the declarations what an entry of the package leads to. */
export function reachableDeclarations(entries) {
  const found = new Set();
  const queue = [...entries];
  for (let file = queue.shift(); file; file = queue.shift()) {
    if (found.has(file)) continue;
    found.add(file);
    for (const [, path] of readFileSync(file, 'utf8').matchAll(/(?:from |import\()['"](\.[^'"]+)\.js['"]/g))
      queue.push(join(dirname(file), `${path}.d.ts`));
  }
  return found;
}
