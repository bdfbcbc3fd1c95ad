// Draws docs/images: npm run docs:pictures; with --check says which are not what this script draws.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'docs/images');

const pictures = {
  'route.svg': draw('The way of a message', 860, 300, [
    box(10, 60, 130, 60, 'your app', 'sendMail()'),
    arrow(140, 90, 180, 90),
    box(180, 60, 130, 60, 'Nodemailer', 'builds the message'),
    arrow(310, 90, 350, 90),
    box(350, 60, 140, 60, 'this transport', 'format, route, losses', 'strong'),
    arrow(490, 80, 560, 50, 'fits one request', 'above'),
    box(560, 20, 130, 60, 'sendMail', 'JSON or MIME'),
    arrow(490, 105, 560, 160, 'larger', 'below'),
    box(560, 130, 130, 90, 'draft', 'create', 'plain', ['files, in chunks', 'send']),
    arrow(690, 50, 730, 90),
    arrow(690, 165, 730, 110),
    box(730, 60, 120, 80, 'Exchange', '202, then delivery', 'plain', ['bounces: mailbox']),
    arrow(420, 120, 420, 190),
    box(330, 190, 180, 80, 'you learn', 'info.losses', 'plain', ['error: permanent?', 'ambiguous?']),
  ]),
  'formats.svg': draw('What each format carries', 860, 250, [
    box(10, 80, 170, 80, 'a message', 'what does it hold?', 'strong'),
    arrow(180, 100, 270, 50, 'one body, files', 'above'),
    box(270, 20, 240, 70, 'JSON', 'html or text, attachments,', 'plain', ['categories, From of another mailbox']),
    arrow(180, 140, 270, 180, 'text + html, events', 'below'),
    box(270, 145, 240, 90, 'MIME', 'text beside html, calendar, raw,', 'plain', ['headers of attachments,', 'PGP and S/MIME']),
    arrow(510, 55, 600, 100),
    arrow(510, 190, 600, 140),
    box(600, 80, 250, 80, 'auto', 'the format that loses less;', 'strong', ['what is lost is told']),
  ]),
  'consent.svg': draw('From registration to the first message', 860, 290, [
    box(10, 100, 150, 70, 'registered', 'app and credential', 'plain', ['doctor: sign-in ✓']),
    arrow(160, 120, 230, 60, 'Entra', 'above'),
    arrow(160, 150, 230, 215, 'Exchange', 'below'),
    box(230, 20, 250, 80, 'admin consent', 'Mail.Send of the whole tenant', 'plain', ['acts after 1 to 2 minutes', 'token with roles']),
    box(230, 180, 250, 80, 'RBAC for Applications', 'Application Mail.Send, a scope', 'plain', [
      'acts after 30 min to 2 h',
      'token without roles: right',
    ]),
    arrow(480, 60, 560, 120),
    arrow(480, 220, 560, 150),
    box(560, 100, 130, 70, 'active', 'doctor: mailbox ✓', 'strong'),
    arrow(690, 135, 730, 135),
    box(730, 100, 120, 70, 'sends', 'as that mailbox'),
    note(355, 145, 'both at once: every mailbox, the scope is void'),
  ]),
};

const check = process.argv.includes('--check');
mkdirSync(folder, { recursive: true });
const stale = [];
for (const [name, svg] of Object.entries(pictures)) {
  const file = join(folder, name);
  if (check && (!existsSync(file) || readFileSync(file, 'utf8') !== svg)) stale.push(name);
  if (!check) writeFileSync(file, svg);
}
if (stale.length > 0) {
  console.error(`out of date (npm run docs:pictures): ${stale.join(', ')}`);
  process.exitCode = 1;
}

function draw(title, width, height, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">
<title>${title}</title>
<style>
  text { font: 12px system-ui, sans-serif; fill: #1f2328; text-anchor: middle }
  .name { font-weight: 600 }
  .note { font-style: italic; font-size: 11px }
  rect { fill: #f6f8fa; stroke: #59636e; rx: 6px }
  .strong { fill: #ddf4ff; stroke: #0969da }
  path { stroke: #59636e; fill: none; marker-end: url(#head) }
  marker path { fill: #59636e; stroke: none; marker-end: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    rect { fill: #151b23; stroke: #9198a1 }
    .strong { fill: #0c2d6b; stroke: #4493f8 }
    path { stroke: #9198a1 }
    marker path { fill: #9198a1 }
  }
</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>
${parts.join('\n')}
</svg>
`;
}

function box(x, y, width, height, name, text, kind = 'plain', more = []) {
  const lines = [name, text, ...more];
  const first = y + height / 2 - ((lines.length - 1) * 17) / 2 + 4;
  const texts = lines.map(
    (line, index) => `<text x="${x + width / 2}" y="${first + index * 17}"${index === 0 ? ' class="name"' : ''}>${line}</text>`,
  );
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" class="${kind}"/>${texts.join('')}`;
}

function arrow(x1, y1, x2, y2, text = '', side = 'above') {
  const label = text ? note((x1 + x2) / 2 - 12, (y1 + y2) / 2 + (side === 'above' ? -16 : 26), text) : '';
  return `<path d="M${x1} ${y1}L${x2} ${y2}"/>${label}`;
}

function note(x, y, text) {
  return `<text x="${x}" y="${y}" class="note">${text}</text>`;
}
