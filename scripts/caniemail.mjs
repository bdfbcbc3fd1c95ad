// Makes lib/sandbox/inbox/page/caniemail.json, which the Checks tab of the sandbox's inbox judges a mail by: for each feature how to
// find it and what the newest tested version of each mail client makes of it. The data is Rémi Parmentier's, MIT.
//   node scripts/caniemail.mjs
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// only its JSON is taken: the package itself brings 27 MB of dependencies along
const source = 'caniemail@2.0.2';
const target = 'lib/sandbox/inbox/page/caniemail.json';

// who sends through Microsoft 365 mostly writes to Outlook, so that comes first
const families = [
  'outlook',
  'gmail',
  'apple-mail',
  'yahoo',
  'aol',
  'samsung-email',
  'thunderbird',
  'protonmail',
  'fastmail',
  'gmx',
  'web-de',
];

const properties = {
  'css-block-inline-size': ['block-size', 'inline-size'],
  'css-border-inline-block': ['border-inline', 'border-block'],
  'css-border-inline-block-individual': ['border-block-end', 'border-block-start', 'border-inline-end', 'border-inline-start'],
  'css-border-radius-logical': ['border-end-end-radius', 'border-end-start-radius', 'border-start-end-radius', 'border-start-start-radius'],
  'css-color-scheme': ['color-scheme'],
  'css-column-layout-properties': ['column-fill', 'column-rule', 'column-span', 'column-width', 'columns'],
  'css-font': ['font'],
  'css-gap': ['gap', 'column-gap', 'row-gap'],
  'css-grid-template': ['grid-template', 'grid-template-areas', 'grid-template-columns', 'grid-template-rows'],
  'css-left-right-top-bottom': ['left', 'right', 'top', 'bottom'],
  'css-margin-block-start-end': ['margin-block-start', 'margin-block-end'],
  'css-margin-inline-block': ['margin-inline', 'margin-block'],
  'css-margin-inline-start-end': ['margin-inline-start', 'margin-inline-end'],
  'css-padding-block-start-end': ['padding-block-start', 'padding-block-end'],
  'css-padding-inline-block': ['padding-inline', 'padding-block'],
  'css-padding-inline-start-end': ['padding-inline-start', 'padding-inline-end'],
  'css-inert-attribute': [],
};
const functions = {
  'css-modern-color': ['lch', 'oklch', 'lab', 'oklab'],
  'css-unit-calc': ['calc'],
  'css-variables': ['var'],
};
const keywords = {
  'css-intrinsic-size': ['fit-content', 'min-content', 'max-content'],
  'css-sytem-ui': ['system-ui', 'ui-serif', 'ui-sans-serif', 'ui-rounded', 'ui-monospace'],
  'css-unit-initial': ['initial'],
  'css-important': ['!important'],
};
const selectors = {
  'css-selector-adjacent-sibling': '\\+',
  'css-selector-attribute': '\\[',
  'css-selector-child': '>',
  'css-selector-general-sibling': '~',
  'css-selector-universal': '\\*',
};
const markup = {
  'css-inert-attribute': '[inert]',
  'html-address': 'address',
  'html-anchor-links': 'a[href^="#"]:not([href="#"])',
  'html-h1-h6': 'h1,h2,h3,h4,h5,h6',
  'html-image-maps': 'map',
  'html-lists': 'ul,ol,dl',
  'html-mailto-links': 'a[href^="mailto:" i]',
  'html-meta-color-scheme': 'meta[name="color-scheme"]',
  'html-semantics': 'article,aside,details,figcaption,figure,footer,header,main,mark,nav,section,summary,time',
  'html-srcset': '[srcset],[sizes]',
  'html-svg': 'svg',
};
const images = {
  'image-avif': 'avif',
  'image-bmp': 'bmp',
  'image-gif': 'gif',
  'image-heif': 'heic',
  'image-ico': 'ico',
  'image-jpg': 'jpg',
  'image-png': 'png',
  'image-svg': 'svg',
  'image-tiff': 'tiff',
  'image-webp': 'webp',
};

/** How lib/sandbox/inbox/page/checks finds the feature; nothing for one that cannot be seen in a mail. */
function detect({ slug, title }) {
  if (slug in markup) return [`h ${markup[slug]}`];
  if (slug in properties) return properties[slug].map((name) => `p ${name}`);
  if (slug in functions) return functions[slug].map((name) => `f ${name}`);
  if (slug in keywords) return keywords[slug].map((name) => `k ${name}`);
  if (slug in selectors) return [`s ${selectors[slug]}`];
  if (slug in images)
    return [`h img[src*=".${images[slug]}" i],img[src^="data:image/${images[slug] === 'jpg' ? 'jpeg' : images[slug]}" i]`];
  if (slug === 'image-base64') return ['h img[src^="data:"]'];
  const unit = /^css-unit-(\w+)$/.exec(slug)?.[1];
  if (unit) return [`u ${unit === 'percent' ? '%' : unit}`];
  const pair = /^([a-z-]+): ?([a-z]+)$/.exec(title);
  if (slug.startsWith('css-') && pair) return [`p ${pair[1]}=${pair[2]}`];
  const condition = /^@media \(([a-z-]+)\)/.exec(title);
  if (condition) return [`@ media ${condition[1]}`];
  if (/^@[a-z-]+$/.test(title)) return [`@ ${title.slice(1)}`];
  if (title.startsWith(':')) return [`s ${title.replace('()', '')}(?![\\w-])`];
  if (title === 'lang()') return ['s :lang'];
  const call = /^([a-z-]+)\(\)$/.exec(title);
  if (call) return [`f ${call[1]}`];
  const name = title.trim().replace(/ property$/, '');
  if (slug.startsWith('css-') && /^[a-z-]+$/.test(name)) return [`p ${name}`];
  const typed = /^<(\w+) type="(\w+)"> element$/.exec(title);
  if (typed) return [`h ${typed[1]}[type="${typed[2]}" i]`];
  const element = /^<(\w+)>(?: element)?$/.exec(title);
  // every mail has these
  if (element && !['body', 'div', 'p', 'span'].includes(element[1])) return [`h ${element[1]}`];
  const attribute = /^([a-z-]+) attribute$/.exec(title);
  if (attribute) return [`h [${attribute[1]}]`];
  return [];
}

function newest(versions) {
  const entries = Object.entries(versions).map(([version, support]) => ({ support, key: version.split(/[.-]/).map(Number) }));
  entries.sort((a, b) => {
    for (let i = 0; i < Math.max(a.key.length, b.key.length); i++) {
      const difference = (a.key[i] ?? 0) - (b.key[i] ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  });
  return entries.at(-1).support;
}

const folder = mkdtempSync(join(tmpdir(), 'caniemail-'));
let packed;
try {
  const [{ filename }] = JSON.parse(execFileSync('npm', ['pack', '--json', source, '--pack-destination', folder], { encoding: 'utf8' }));
  execFileSync('tar', ['xzf', join(folder, filename), '-C', folder]);
  packed = JSON.parse(readFileSync(join(folder, 'package/data/caniemail.json'), 'utf8'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const { nicenames, data } = packed;
const clients = families.flatMap((family) => {
  const platforms = new Set(data.flatMap((feature) => Object.keys(feature.stats[family] ?? {})));
  return [...platforms].map((platform) => ({ family, platform, name: `${nicenames.family[family]} ${nicenames.platform[platform]}` }));
});
const features = data.flatMap((feature) => {
  const find = detect(feature);
  if (find.length === 0) return [];
  const used = new Map();
  const support = clients.map(({ family, platform }) => {
    const versions = feature.stats[family]?.[platform];
    if (!versions) return 'u';
    const said = newest(versions);
    const note = /#(\d+)/.exec(said)?.[1];
    const text = note && feature.notes_by_num?.[note];
    if (!text) return said[0];
    if (!used.has(text)) used.set(text, used.size);
    return said[0] + used.get(text);
  });
  const short = [...used.keys()].map((text) =>
    text
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/\s+/g, ' ')
      .trim(),
  );
  return [[feature.slug, feature.title.trim(), find.join('\n'), support.join(''), ...short]];
});
const compact = {
  // of https://github.com/hteumeuleu/caniemail
  notice: 'Copyright (c) 2019 HTeuMeuLeu (Rémi Parmentier, https://www.caniemail.com), MIT License',
  source,
  date: packed.last_update_date.slice(0, 10),
  clients: clients.map(({ name }) =>
    name.replace('Outlook Outlook.com', 'Outlook.com').replace('Desktop Webmail', 'webmail').replace('Mobile Webmail', 'mobile web'),
  ),
  features,
};
// a feature a line, so that an update can be read as a diff
writeFileSync(
  target,
  `${JSON.stringify({ ...compact, features: [] }, undefined, 1).slice(0, -4)}[\n${features.map((feature) => JSON.stringify(feature)).join(',\n')}\n]}\n`,
);
console.log(`${features.length} of ${data.length} features, ${clients.length} clients, of ${compact.date}`);
