import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';

/** Links of the built pages that lead nowhere on the site: neither to a page or file, nor to a heading. */
export function brokenLinks(folder, base) {
  const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.html'));
  const html = new Map(pages.map((page) => [page, readFileSync(join(folder, page), 'utf8')]));
  const ids = new Map([...html].map(([page, text]) => [page, new Set([...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id))]));
  const broken = [];
  for (const [page, text] of html) {
    for (const [, link] of text.matchAll(/\s(?:href|src)="([^"]+)"/g)) {
      if (/^(https?:|mailto:|data:)/.test(link)) continue;
      const [path, anchor] = decodeURI(link.replaceAll('&amp;', '&')).split('#');
      const local = path.startsWith(base) ? path.slice(base.length) : posix.join(posix.dirname(page), path);
      const target = path === '' ? page : findFile(folder, local);
      if (target === undefined) broken.push(`${page}: ${link} leads nowhere`);
      else if (anchor && html.has(target) && !ids.get(target).has(anchor)) broken.push(`${page}: ${link} has no such heading`);
    }
  }
  return broken;
}

function findFile(folder, path) {
  return [path, `${path}.html`, posix.join(path, 'index.html')].find((name) => {
    const file = join(folder, name);
    return existsSync(file) && statSync(file).isFile();
  });
}
