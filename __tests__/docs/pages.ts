import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(__dirname, '../..');

/** The pages written by hand; docs/api is generated from the docstrings. */
export const pages: string[] = ['README.md', 'SECURITY.md', ...markdownIn('docs'), ...markdownIn('examples')].filter(
  (page) => !page.startsWith('docs/api/'),
);

export function readPage(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((name) => name.endsWith('.md'))
    .sort();
}

/** A fenced block of a page. */
export interface Example {
  page: string;
  /** First line of the code in the page. */
  line: number;
  /** As tests are named: page, heading, and a number where a section has several of a language. */
  title: string;
  language: string;
  code: string;
  /** The `text` block that follows with nothing between: what the example prints. */
  output?: string;
}

export function readExamples(page: string): Example[] {
  const found: Example[] = [];
  let heading = '';
  let open: (Example & { indent: string }) | undefined;
  let proseSince = true;
  readPage(page)
    .split('\n')
    .forEach((text, index) => {
      const fence = /^( *)```(\w*)/.exec(text);
      if (open) {
        if (!fence) {
          open.code += `${text.startsWith(open.indent) ? text.slice(open.indent.length) : text}\n`;
          return;
        }
        const { indent: _indent, ...example } = open;
        const before = found.at(-1);
        if (example.language === 'text' && before && !proseSince) before.output = example.code;
        else found.push(example);
        open = undefined;
        proseSince = false;
      } else if (fence) {
        const [, indent = '', language = ''] = fence;
        open = { page, line: index + 2, title: '', language, code: '', indent };
        const name = `${page === 'README.md' ? 'README' : page} example for "${heading}"`;
        const others = found.filter(({ title }) => title.replace(/ \(\d+\)$/, '') === name).length;
        open.title = others === 0 ? name : `${name} (${others + 1})`;
      } else {
        heading = /^#+ (.+)$/.exec(text)?.[1] ?? heading;
        if (text.trim() !== '') proseSince = true;
      }
    });
  return found;
}
