import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const { description } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

/** The README's table of pages is the table of contents here, too. */
const items = [...readme.matchAll(/^\| \[([^\]]+)\]\(((?:docs|examples)\/[^)]+)\.md\)/gm)].map(([, text, path]) => ({
  text,
  link: `/${path.replace(/README$/, '')}`,
}));

export default defineConfig({
  title: 'nodemailer-graph-transport',
  description,
  lang: 'en',
  // pages of a project on GitHub Pages are below its name
  base: process.env.SITE_BASE ?? '/',
  srcDir: 'pages',
  outDir: 'dist',
  cacheDir: 'node_modules/.vitepress',
  cleanUrls: true,
  markdown: {
    // the pages are GitHub's Markdown: no HTML, no components, and anchors as GitHub makes them
    html: false,
    anchor: { slugify: githubSlug },
    headers: { slugify: githubSlug },
    config: (md) => {
      const text = md.renderer.rules.text;
      md.renderer.rules.text = (...args) => text(...args).replaceAll('{{', '&#123;&#123;');
    },
  },
  themeConfig: {
    nav: [
      { text: 'Start', link: '/' },
      { text: 'Setup', link: '/docs/setup' },
      { text: 'Changelog', link: '/CHANGELOG' },
    ],
    sidebar: [{ text: 'Start', link: '/' }, ...items],
    // an index in the site itself: works offline, asks nobody
    search: { provider: 'local' },
    outline: [2, 3],
  },
});

function githubSlug(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\s-]/gu, '')
    .replaceAll(' ', '-');
}
