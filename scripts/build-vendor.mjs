// Packages that only the sandbox, the command line or rare messages need are put into the package, one file each, loaded when it is used:
// `npm install` brings neither them nor the fifty packages below them.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

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
/** What @azure/identity loads at once and few sign-ins need, with what is taken from it: proxies are our own, and a secret is no JWT. */
const late = { 'http-proxy-agent': ['HttpProxyAgent'], 'https-proxy-agent': ['HttpsProxyAgent'], jsonwebtoken: ['sign'] };
/** What is loaded from there. */
export const vendored = [...Object.keys(packages), '@azure/identity', '@azure/msal-node', '@azure/core-rest-pipeline'];
const pattern = new RegExp(`^(${Object.keys(packages).join('|')})$`);

/** Puts in place of a package an object that loads it when it is asked for something. */
const loadLate = {
  name: 'late',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(${Object.keys(late).join('|')})$`) }, ({ path, namespace, resolveDir }) =>
      namespace === 'late' ? undefined : { path, namespace: 'late', pluginData: resolveDir },
    );
    onLoad({ filter: /./, namespace: 'late' }, ({ path, pluginData }) => ({
      contents: late[path]
        .map((name) => `Object.defineProperty(exports, '${name}', { enumerable: true, get: () => require('${path}').${name} });`)
        .join('\n'),
      resolveDir: pluginData,
    }));
  },
};

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
      // and @azure/core-rest-pipeline for a FormData, which no sign-in has: asking alone loads all of Node's own undici
      define: { define: 'undefined', ...(name in modules && { FormData: 'undefined' }) },
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
        ...(name in modules ? [loadLate] : []),
      ],
    });
    writeNames(name);
    for (const path of Object.keys(metafile.inputs)) {
      const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
      if (folder) inputs.add(folder);
    }
  }
  return [...inputs].sort();
}

/**
 * Node.js reads all of a CommonJS file for its names before an ES module may have it, which takes longer than to run it: ES modules get a
 * small file instead that does nothing but name them.
 */
function writeNames(name) {
  const whole = require(join(root, `dist/vendor/${name}.cjs`));
  const names = typeof packages[name] === 'string' ? [] : Object.keys(whole);
  const lines = names.length > 0 ? names.map((one) => `exports.${one} = whole.${one};`) : ['module.exports = whole;'];
  writeFileSync(join(root, `dist/vendor/${name}.names.cjs`), `const whole = require('./${name}.cjs');\n${lines.join('\n')}\n`);
}

/** Replaces the marks in the built files by the way to dist/vendor. */
export function linkVendor() {
  for (const [format, ending] of [
    ['esm', 'names.cjs'],
    ['cjs', 'cjs'],
  ]) {
    for (const name of readdirSync(join(root, 'dist', format), { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.js'),
    )) {
      const file = join(root, 'dist', format, name);
      const code = readFileSync(file, 'utf8');
      const way = relative(dirname(file), join(root, 'dist/vendor')).replaceAll('\\', '/');
      const linked = code.replace(/"vendor:([\w-]+)"/g, (_, vendored) => JSON.stringify(posix.join(way, `${vendored}.${ending}`)));
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
