// A TypeDoc plugin: links within a page lead to the headings that are there. A function with properties (graphTransport.lazy) is counted
// more often than it has headings.

/** As GitHub makes anchors: lower case, blanks to hyphens, a number from the second on. */
function anchorsOf(page) {
  const counts = new Map();
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, title]) => {
    const slug = title
      .replaceAll('`', '')
      .replaceAll('\\', '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    return { title, anchor: count === 0 ? slug : `${slug}-${count}` };
  });
}

export function load(app) {
  app.renderer.on('endPage', (page) => {
    if (typeof page.contents !== 'string') return;
    const headings = anchorsOf(page.contents);
    const known = new Set(headings.map(({ anchor }) => anchor));
    page.contents = page.contents.replace(/\[`?([\w.]+)`?\]\(#([\w-]+)\)/g, (link, name, anchor) => {
      const heading = known.has(anchor) ? undefined : headings.find(({ title }) => title === name);
      return heading ? link.replace(`#${anchor}`, `#${heading.anchor}`) : link;
    });
  });
}
