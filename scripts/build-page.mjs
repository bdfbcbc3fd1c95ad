// Bundles the page of the sandbox's inbox and embeds it as text in lib/sandbox/inbox/page-files.ts, which the sandbox imports when a
// browser first asks: the package uses no import.meta, so it knows no file paths. Gzip, as it is sent.
//   node scripts/build-page.mjs [--if-stale]
import { existsSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { buildDocs } from './docs-pages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'lib/sandbox/inbox/page');
const target = join(root, 'lib/sandbox/inbox/page-files.ts');

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
};

/** Writes the module. @returns the licences of what it holds, for THIRD-PARTY-NOTICES */
export async function buildPage() {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: { app: join(folder, 'main.tsx') },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    // what is imported on demand, and what it shares with the rest
    splitting: true,
    chunkNames: 'assets/[name]-[hash]',
    // light-dark() is in all of these
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // h(), which zips better than the calls of the automatic runtime
    jsx: 'transform',
    jsxFactory: 'h',
    jsxFragment: 'Fragment',
    tsconfigRaw: {},
    inject: [join(folder, 'jsx.ts')],
    legalComments: 'none',
    outdir: '/page',
    logLevel: 'warning',
  });
  const caniemail = JSON.parse(readFileSync(join(folder, 'caniemail.json'), 'utf8'));
  const files = {
    'index.html': readFileSync(join(folder, 'index.html')),
    ...Object.fromEntries(outputFiles.map(({ path, contents }) => [path.slice('/page/'.length), contents])),
    'assets/caniemail.json': Buffer.from(JSON.stringify(caniemail)),
    ...buildDocs(root),
  };
  const entries = Object.entries(files).map(([name, content]) => {
    const gzip = gzipSync(content, { level: 9 }).toString('base64');
    return `  '${name}': { type: '${types[extname(name)]}', gzip: '${gzip}' },\n`;
  });
  const text = `// made by scripts/build-page.mjs\nexport const pageFiles: Readonly<Record<string, { readonly type: string; readonly gzip: string }>> = {\n${entries.join('')}};\n`;
  // in one step, for who reads it meanwhile
  writeFileSync(`${target}.${process.pid}`, text);
  renameSync(`${target}.${process.pid}`, target);
  return notices(Object.keys(metafile.inputs), caniemail.notice);
}

function notices(inputs, caniemail) {
  const packages = new Set(inputs.map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]).filter(Boolean));
  const texts = [...packages].sort().map((name) => {
    const { version, license } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'));
    const terms = readFileSync(join(root, 'node_modules', name, 'LICENSE'), 'utf8').trim();
    return `${name} ${version} (${license})\n\n${terms}`;
  });
  const mit = texts.find((text) => text.startsWith('preact ')).replace(/^[^]*?(?=Permission is hereby)/, '');
  texts.push(`caniemail data (MIT)\n\n${caniemail}\n\n${mit}`);
  const rule = `\n\n${'-'.repeat(80)}\n\n`;
  return ["The page of the sandbox's inbox contains the following works.", ...texts].join(rule) + '\n';
}

function changedAt(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => changedAt(join(path, name))));
}

function isStale() {
  if (!existsSync(target)) return true;
  const own = ['package-lock.json', 'scripts/build-page.mjs', 'scripts/docs-pages.mjs', 'docs/errors.md', 'docs/fidelity.md'];
  const inputs = [folder, join(folder, '../api-types.ts'), ...own.map((path) => join(root, path))];
  return inputs.some((path) => existsSync(path) && changedAt(path) > statSync(target).mtimeMs);
}

export async function buildPageIfStale() {
  if (isStale()) await buildPage();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await (process.argv.includes('--if-stale') ? buildPageIfStale() : buildPage());
}
