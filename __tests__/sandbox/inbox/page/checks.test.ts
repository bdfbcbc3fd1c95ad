import { readFileSync } from 'node:fs';
import { findFeatures, rankFindings, type Caniemail } from '../../../../lib/sandbox/inbox/page/checks/features.js';
import { findProblems, judgeLinks, type Checked } from '../../../../lib/sandbox/inbox/page/checks/problems.js';
import { readCss } from '../../../../lib/sandbox/inbox/page/checks/read-css.js';

const data = JSON.parse(readFileSync('lib/sandbox/inbox/page/caniemail.json', 'utf8')) as Caniemail;
const found = (css: string, attribute = '', markup: string[] = []): string[] =>
  findFeatures(data, readCss([css], [attribute]), (selector) => markup.includes(selector)).map(({ slug }) => slug);

describe('CSS', () => {
  test('declarations, at-rules with their conditions and selectors, nested or broken', () => {
    expect(
      readCss(
        ['@import "x.css"; @media (prefers-color-scheme: dark) { a:hover > b { color: red; &:focus { gap: 1px } } } p { margin: 0 '],
        ['Display:FLEX'],
      ),
    ).toEqual({
      declarations: [
        { property: 'color', value: 'red' },
        { property: 'gap', value: '1px' },
        { property: 'margin', value: '0' },
        { property: 'display', value: 'flex' },
      ],
      atRules: [
        { name: 'import', condition: '""' },
        { name: 'media', condition: '(prefers-color-scheme: dark)' },
      ],
      selectors: ['a:hover > b', '&:focus', 'p'],
    });
  });

  test('what stands in comments and strings is no CSS', () => {
    expect(readCss(['/* a { display: flex } */ a { content: "} b { gap: 1px }" }'], [])).toEqual({
      declarations: [{ property: 'content', value: '""' }],
      atRules: [],
      selectors: ['a'],
    });
  });

  test('what is not CSS at all comes to an end', () => {
    expect(readCss(['{'.repeat(2000), '}'.repeat(2000), '@', ';;;', '/*'], [':'])).toMatchObject({ selectors: [] });
  });
});

describe('features', () => {
  test.each([
    ['display:flex', 'a { display: flex !important }', ['css-display-flex', 'css-important', 'css-display']],
    ['a unit', 'a { width: 50vw }', ['css-unit-vw', 'css-width']],
    ['calc and var', 'a { width: calc(1px + var(--x)) }', ['css-unit-calc', 'css-variables']],
    ['@media of the colour scheme', '@media (prefers-color-scheme: dark) {}', ['css-at-media', 'css-at-media-prefers-color-scheme']],
    ['pseudo-classes', 'a:hover::before {}', ['css-pseudo-class-hover', 'css-pseudo-element-before']],
    ['a font', '@font-face { font-family: x }', ['css-at-font-face']],
  ])('%s is found', (_, css, slugs) => expect(found(css)).toEqual(expect.arrayContaining(slugs)));

  test('a colour is no unit and a name no keyword', () => {
    expect(found('a { color: #12345em; font-family: initially }')).not.toEqual(expect.arrayContaining(['css-unit-em']));
    expect(found('a { font-family: initially }')).not.toContain('css-unit-initial');
  });

  test('elements are found by a selector', () => expect(found('', '', ['video'])).toEqual(['html-video']));

  test('those that fail most in the chosen clients come first, those that work everywhere not at all', () => {
    const findings = findFeatures(data, readCss([], ['display:flex; margin:0; color:red; width:1px']), () => false);
    const outlook = data.clients.flatMap((name, index) => (name.startsWith('Outlook') ? [index] : []));
    const ranked = rankFindings(findings, outlook).map(({ slug }) => slug);
    expect(ranked[0]).toBe('css-display-flex');
    expect(rankFindings(findings, [])).toEqual([]);
  });

  test('every pattern of the data can be read, and every feature has a word for every client', () => {
    const css = readCss(['a{b:c}'], []);
    for (const finding of findFeatures(data, css, () => true)) expect(finding.support).toHaveLength(data.clients.length);
    expect(data.features.length).toBeGreaterThan(250);
    expect(data.clients[0]).toMatch(/^Outlook/);
  });
});

const fine: Checked = {
  subject: 'Welcome',
  hasText: true,
  htmlBytes: 2000,
  headers: [
    { name: 'List-Unsubscribe', value: '<https://example.com/u>, <mailto:u@example.com>' },
    { name: 'List-Unsubscribe-Post', value: 'List-Unsubscribe=One-Click' },
  ],
  images: [{ alt: '', src: 'x', width: null }],
  links: [],
  ids: ['a', 'b'],
  lang: 'en',
};
const titles = (change: Partial<Checked>): string[] => findProblems({ ...fine, ...change }).map(({ title }) => title);
const unsubscribe = (value: string, post?: string): Partial<Checked> => ({
  headers: [{ name: 'list-unsubscribe', value }, ...(post === undefined ? [] : [{ name: 'List-Unsubscribe-Post', value: post }])],
});

describe('problems', () => {
  test('a good mail has none', () => expect(titles({})).toEqual([]));

  test.each<[string, Partial<Checked>, string]>([
    ['no subject', { subject: ' ' }, 'No subject'],
    ['a long subject', { subject: 'x'.repeat(100) }, 'Long subject'],
    ['no plain text', { hasText: false }, 'No plain text'],
    ['more than Gmail shows', { htmlBytes: 103 * 1024 }, 'Gmail clips it'],
    ['images without alt', { images: [{ alt: null, src: 'a.png', width: null }, ...fine.images] }, '1 of 2 images without alt'],
    ['an id twice', { ids: ['a', 'a', 'a'] }, 'The same id more than once'],
    ['no language', { lang: null }, 'No language'],
    ['six x-headers', { headers: [...fine.headers, ...[1, 2, 3, 4, 5, 6].map((n) => ({ name: `X-${n}`, value: 'v' }))] }, '6 x-headers'],
    ['no List-Unsubscribe', { headers: [] }, 'No List-Unsubscribe'],
    ['an address without brackets', unsubscribe('https://example.com/u'), 'List-Unsubscribe cannot be read'],
    ['something else in brackets', unsubscribe('<unsubscribe>'), 'List-Unsubscribe names no address'],
    ['one click by mail', unsubscribe('<mailto:u@example.com>', 'List-Unsubscribe=One-Click'), 'One-Click without https'],
    ['another word for one click', unsubscribe('<https://example.com/u>', 'yes'), 'List-Unsubscribe-Post cannot be read'],
    ['https without one click', unsubscribe('<https://example.com/u>'), 'No List-Unsubscribe-Post'],
    [
      'one click alone',
      { headers: [{ name: 'List-Unsubscribe-Post', value: 'List-Unsubscribe=One-Click' }] },
      'List-Unsubscribe-Post alone',
    ],
  ])('%s', (_, change, title) => expect(titles(change)).toEqual([title]));

  test('a mail without html is not told about html', () =>
    expect(titles({ htmlBytes: undefined, hasText: true, lang: null, images: [] })).toEqual([]));
});

test.each<[string | null, string | undefined]>([
  ['https://contoso.com/a', undefined],
  ['mailto:a@example.com', undefined],
  ['myapp://open', undefined],
  ['#top', undefined],
  [null, 'no address'],
  ['', 'empty address'],
  ['#', 'leads nowhere (#)'],
  ['http://contoso.com', 'not encrypted (http:)'],
  ['http://localhost:3000/x', 'only reachable from here'],
  ['https://192.168.1.4/x', 'only reachable from here'],
  ['https://staging.contoso.com', 'looks like a test system'],
  ['https://app.dev.contoso.com', 'looks like a test system'],
  ['https://contoso.dev/', undefined],
  ['/relative', 'relative: in a mail it leads nowhere'],
  ['javascript:alert(1)', 'is removed by every mail client'],
  ['https://contoso.com/{{name}}', 'a placeholder was not filled in'],
  ['https://contoso.com/undefined', 'a placeholder was not filled in'],
])('a link to %j', (href, problem) => expect(judgeLinks([{ href, text: 'x' }])[0]?.problem).toBe(problem));

test('a link without text', () => expect(judgeLinks([{ href: 'https://contoso.com', text: ' ' }])[0]?.problem).toBe('has no text'));
