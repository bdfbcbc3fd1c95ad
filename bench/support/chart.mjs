// Horizontal bars as SVG. It brings its own background, so that it can be read on a page of either colour.
const WIDTH = 780;
const MARGIN = 20;
const LABEL = 270;
const VALUE = 150;
const BAR = 20;
const STEP = 27;

const THEMES = {
  light: { card: '#ffffff', line: '#d0d7de', text: '#1f2328', soft: '#59636e', own: '#0969da', other: '#a8b1bb', goal: '#cf222e' },
  dark: { card: '#151b23', line: '#3d444d', text: '#f0f6fc', soft: '#9198a1', own: '#4493f8', other: '#656c76', goal: '#f85149' },
};

const style = ({ card, line, text, soft, own, other, goal }) =>
  [
    `.card{fill:${card};stroke:${line}}`,
    `text{fill:${text};stroke:${card};stroke-width:4px;paint-order:stroke}`,
    `.soft{fill:${soft}}`,
    `.own{fill:${own}}`,
    `.other{fill:${other}}`,
    `.axis{stroke:${line}}`,
    `.goal{stroke:${goal};stroke-dasharray:4 3}`,
    `text.goal{fill:${goal};stroke:${card};stroke-dasharray:none}`,
  ].join('');

/**
 * @param title above the bars
 * @param note under the title: what a bar is, and which direction is good
 * @param groups `{ label, bars: [{ label, value, text, own }] }`; `label` may be left out
 * @param goal `{ value, text }`: a line across all bars
 * @param apart each group has a scale of its own
 */
export function barChart({ title, note, groups, goal, apart = false }) {
  const room = WIDTH - 2 * MARGIN - LABEL - VALUE;
  const left = MARGIN + LABEL;
  const mostOf = (bars) => Math.max(...bars.map(({ value }) => value));
  const most = Math.max(goal?.value ?? 0, ...groups.map(({ bars }) => mostOf(bars)));
  const parts = [text(MARGIN, 34, title, 'font-size="17" font-weight="600"'), text(MARGIN, 55, note, 'class="soft"')];
  const top = goal ? 86 : 72;
  let y = top;
  for (const { label, bars } of groups) {
    if (label) {
      parts.push(text(MARGIN, y + 15, label, 'font-weight="600"'));
      y += STEP;
    }
    for (const { label: name, value, text: shown, own } of bars) {
      const width = Math.max(1, (value / (apart ? mostOf(bars) : most)) * room).toFixed(1);
      parts.push(
        text(left - 10, y + 15, name, `text-anchor="end"${own ? ' font-weight="600"' : ''}`),
        `<rect class="${own ? 'own' : 'other'}" x="${left}" y="${y}" width="${width}" height="${BAR}" rx="3"/>`,
        text(left + Number(width) + 8, y + 15, shown, own ? 'font-weight="600"' : ''),
      );
      y += STEP;
    }
    y += 8;
  }
  const lines = [`<line class="axis" x1="${left}" x2="${left}" y1="${top - 4}" y2="${y - 10}"/>`];
  if (goal) {
    const x = (left + (goal.value / most) * room).toFixed(1);
    lines.push(
      `<line class="goal" x1="${x}" x2="${x}" y1="${top - 6}" y2="${y - 10}"/>`,
      text(x, top - 11, goal.text, 'class="goal" text-anchor="middle"'),
    );
  }
  const height = y + 6;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="13">
<title>${escape(title)}</title>
<style>${style(THEMES.light)}@media (prefers-color-scheme:dark){${style(THEMES.dark)}}</style>
<rect class="card" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8"/>
${[...lines, ...parts].join('\n')}
</svg>
`;
}

function text(x, y, content, attributes = '') {
  return `<text x="${x}" y="${y}"${attributes && ` ${attributes}`}>${escape(content)}</text>`;
}

function escape(content) {
  return content.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
