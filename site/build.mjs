// Makes a site of README.md, docs/ and the pages beside them with VitePress and checks every link in it. --dev serves it while pages are written.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, createServer } from 'vitepress';
import { brokenLinks } from './broken-links.mjs';

const site = dirname(fileURLToPath(import.meta.url));
const root = dirname(site);
const pages = join(site, 'pages');

copyPages();
if (process.argv.includes('--dev')) {
  const server = await createServer(site);
  await server.listen();
  server.printUrls();
} else {
  await build(site);
  const broken = brokenLinks(join(site, 'dist'), process.env.SITE_BASE ?? '/');
  for (const link of broken) console.error(link);
  if (broken.length > 0) process.exit(1);
}

/** Copies the pages as they lie in the repository; what else they link to is not on the site. */
function copyPages() {
  rmSync(pages, { recursive: true, force: true });
  const files = [
    ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CODE_OF_CONDUCT.md', 'CHANGELOG.md', 'examples/README.md'],
    ...readdirSync(join(root, 'docs'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/')),
  ].filter((file) => existsSync(join(root, file)));
  for (const file of files) {
    const target = join(pages, toIndex(file));
    mkdirSync(dirname(target), { recursive: true });
    if (file.endsWith('.md')) writeFileSync(target, adapt(readFileSync(join(root, file), 'utf8'), file, new Set(files)));
    else cpSync(join(root, file), target);
  }
}

function toIndex(file) {
  return file.replace(/(^|\/)README\.md$/, '$1index.md');
}

/** Comments are for GitHub's eyes; links to code lose their link, since the site does not know where the code is. */
function adapt(text, file, files) {
  return text
    .replace(/<!--[^]*?-->\n?/g, '')
    .replace(
      /(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\((?!https?:|mailto:|#)([^)\s#]+)(#[^)\s]*)?\)/g,
      (whole, image, label, path, anchor = '') => {
        const target = posix.normalize(posix.join(posix.dirname(file), path));
        if (!files.has(target)) return label;
        return `${image}[${label}](${toIndex(path)}${anchor})`;
      },
    );
}
