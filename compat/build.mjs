// node build.mjs BUNDLER OUT_FOLDER: bundles apps/main.mjs, all of it into what stands in that folder.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const [bundler, out] = process.argv.slice(2);
const entry = join(root, 'apps/main.mjs');

/** What CommonJS packages need in an ES module: see docs/bundlers.md. */
const BANNER = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

const bundlers = {
  'esbuild-cjs': () => runEsbuild({ format: 'cjs', outfile: join(out, 'main.cjs') }),
  'esbuild-esm': () => runEsbuild({ format: 'esm', outfile: join(out, 'main.mjs'), banner: { js: BANNER } }),
  'esbuild-splitting': () => runEsbuild({ ...splitting, banner: { js: BANNER } }),
  'esbuild-without-banner': () => runEsbuild(splitting),
  'esbuild-minified': () => runEsbuild({ format: 'cjs', outfile: join(out, 'main.cjs'), minify: true }),
  'lambda-cjs': () =>
    runEsbuild({ format: 'cjs', entryPoints: [join(root, 'apps/lambda.mjs')], outfile: join(out, 'index.js'), minify: true }),
  'lambda-esm': () =>
    runEsbuild({ format: 'esm', entryPoints: [join(root, 'apps/lambda.mjs')], outfile: join(out, 'index.mjs'), banner: { js: BANNER } }),
  webpack: () => runWebpack({ entry, target: 'node20', output: { path: out, filename: 'main.cjs' } }),
  'webpack-esm': () =>
    runWebpack({
      entry,
      target: 'node20',
      experiments: { outputModule: true },
      output: { path: out, filename: 'main.mjs', module: true, chunkFormat: 'module' },
    }),
  rollup: runRollup,
  'vite-ssr': () => runVite({}),
  'vite-external': () => runVite({ ssr: {} }),
  ncc: runNcc,
};

const splitting = { format: 'esm', splitting: true, outdir: out, outExtension: { '.js': '.mjs' } };

async function runEsbuild(options) {
  const { build } = await import('esbuild');
  await build({ entryPoints: [entry], bundle: true, platform: 'node', target: 'node20', logLevel: 'error', ...options });
}

async function runWebpack(config) {
  const webpack = require('webpack');
  await new Promise((resolve, reject) =>
    webpack({ mode: 'production', ...config }, (error, stats) =>
      error || stats.hasErrors() ? reject(error ?? new Error(stats.toString('errors-only'))) : resolve(),
    ),
  );
}

async function runRollup() {
  const [{ rollup }, { default: resolve }, { default: commonjs }, { default: json }] = await Promise.all([
    import('rollup'),
    import('@rollup/plugin-node-resolve'),
    import('@rollup/plugin-commonjs'),
    import('@rollup/plugin-json'),
  ]);
  const plugins = [resolve({ preferBuiltins: true, exportConditions: ['node'] }), commonjs({ ignore: ['node:sqlite'] }), json()];
  const bundle = await rollup({ input: entry, plugins, onLog: () => undefined });
  await bundle.write({ dir: out, format: 'es', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' });
}

async function runVite({ ssr = { noExternal: true } }) {
  const { build } = await import('vite');
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    ssr,
    build: {
      ssr: entry,
      commonjsOptions: { ignore: ['node:sqlite'] },
      outDir: out,
      emptyOutDir: false,
      rollupOptions: { output: { entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' } },
    },
  });
}

async function runNcc() {
  const { writeFileSync } = await import('node:fs');
  const { code, assets } = await require('@vercel/ncc')(entry, { quiet: true, filename: 'main.mjs' });
  writeFileSync(join(out, 'main.mjs'), code);
  for (const [name, { source }] of Object.entries(assets)) writeFileSync(join(out, name), source);
}

await bundlers[bundler]();
