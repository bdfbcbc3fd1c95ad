import { useMemo } from 'preact/hooks';
import type { ApiMessage } from '../../api-types.js';
import { findFeatures, rankFindings, type Caniemail, type Finding, type Support } from '../checks/features.js';
import { inertDocument, selectorFor } from '../checks/inert-document.js';
import { findProblems, judgeLinks, type Checked, type Link, type Problem } from '../checks/problems.js';
import { readCss } from '../checks/read-css.js';
import { Badge, Choice, Foreign, Notice, type Tone } from '../parts/bits.js';
import { Loaded } from '../parts/loaded.js';
import { NotKept } from '../parts/not-kept.js';
import { useResource } from '../parts/use-resource.js';
import { getText, messagePath } from '../state/api.js';
import { checkClients } from '../state/settings.js';
import { count } from '../text/format.js';

// the whole of it: what is cut off would pass unseen
const MOST_HTML = 2_000_000;

let caniemail: Promise<Caniemail> | undefined;
const loadCaniemail = (): Promise<Caniemail> =>
  (caniemail ??= fetch('./assets/caniemail.json').then((answer) => {
    if (!answer.ok) throw new Error(`The data of caniemail could not be loaded: ${answer.status}`);
    return answer.json() as Promise<Caniemail>;
  }));

interface Results {
  problems: Problem[];
  links: Link[];
  findings: Finding[];
  caniemail: Caniemail;
}

async function check(message: ApiMessage): Promise<Results> {
  const [data, html] = await Promise.all([
    loadCaniemail(),
    message.html ? getText(messagePath(message.id, 'html'), { limit: MOST_HTML }).then(({ text }) => text) : undefined,
  ]);
  const page = inertDocument(html ?? '');
  const all = (selector: string): Element[] => [...page.querySelectorAll(selector)];
  const checked: Checked = {
    subject: message.subject,
    hasText: message.text !== null,
    htmlBytes: message.html?.bytes,
    headers: message.headers,
    images: all('img').map((img) => ({
      alt: img.getAttribute('alt'),
      src: img.getAttribute('src') ?? '',
      width: img.getAttribute('width'),
    })),
    links: all('a, area').map((a) => ({ href: a.getAttribute('href'), text: linkText(a) })),
    ids: all('[id]').map(({ id }) => id),
    lang: page.documentElement.getAttribute('lang'),
  };
  const css = readCss(
    all('xmp[data-css]').map(({ textContent }) => textContent),
    all('[data-style]').map((element) => element.getAttribute('data-style') ?? ''),
  );
  const findings = html === undefined ? [] : findFeatures(data, css, (selector) => page.querySelector(selectorFor(selector)) !== null);
  return { problems: findProblems(checked), links: judgeLinks(checked.links), findings, caniemail: data };
}

const linkText = (a: Element): string =>
  a.textContent.trim() ||
  (a.querySelector('img')?.getAttribute('alt') ?? '') ||
  (a.getAttribute('aria-label') ?? '') ||
  (a.getAttribute('name') && !a.hasAttribute('href') ? 'anchor' : '');

/** What can be said about a mail without asking anybody. */
export function Checks({ message }: { message: ApiMessage }) {
  const resource = useResource(`checks ${message.id}`, 0, () => check(message));
  if (message.content === 'not-kept') return <NotKept />;
  return (
    <div class="checks">
      <p class="muted">Looked at here, in this page; nothing was fetched and no link was followed.</p>
      <Loaded resource={resource}>
        {(results) => (
          <>
            <Problems problems={results.problems} />
            {message.html && <Links links={results.links} />}
            {message.html && <Support findings={results.findings} caniemail={results.caniemail} />}
          </>
        )}
      </Loaded>
    </div>
  );
}

const levels: Record<Problem['level'], { text: string; tone: Tone }> = {
  bad: { text: 'wrong', tone: 'bad' },
  warn: { text: 'better not', tone: 'warn' },
  note: { text: 'note', tone: 'plain' },
};

function Problems({ problems }: { problems: Problem[] }) {
  if (problems.length === 0) return <Notice tone="good">Nothing was found.</Notice>;
  return (
    <ul class="problems" role="list">
      {problems.map(({ level, title, detail }) => (
        <li key={title}>
          <Badge tone={levels[level].tone}>{levels[level].text}</Badge>
          <div>
            <Foreign class="strong">{title}</Foreign>
            <p class="muted">
              <Foreign>{detail}</Foreign>
            </p>
          </div>
        </li>
      ))}
    </ul>
  );
}

function Links({ links }: { links: Link[] }) {
  const wrong = links.filter(({ problem }) => problem !== undefined).length;
  return (
    <section>
      <h3>
        {count(links.length, 'link')}
        {wrong > 0 && `, ${wrong} to look at`}
      </h3>
      {links.length > 0 && (
        <div class="table-box" role="region" aria-label="Links" tabIndex={0}>
          <table>
            <tbody>
              {links.map(({ href, text, problem }, index) => (
                <tr key={index}>
                  <th scope="row">
                    <Foreign>{text || '(no text)'}</Foreign>
                  </th>
                  <td class="mono">
                    <Foreign>{href}</Foreign>
                  </td>
                  <td>{problem && <Badge tone="warn">{problem}</Badge>}</td>
                  <td>
                    {/^https?:\/\//i.test(href) && (
                      <a href={href} target="_blank" rel="noopener noreferrer">
                        Open<span class="sr"> {href}</span>
                      </a>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

const groups = ['Outlook', 'Gmail', 'Apple Mail', 'Yahoo!', 'All'] as const;
const marks: Record<Support, { text: string; tone: Tone; sign: string }> = {
  y: { text: 'supported', tone: 'good', sign: '✓' },
  a: { text: 'partly', tone: 'warn', sign: '~' },
  n: { text: 'not supported', tone: 'bad', sign: '✕' },
  u: { text: 'unknown', tone: 'plain', sign: '?' },
};

function Support({ findings, caniemail: { clients, date } }: { findings: Finding[]; caniemail: Caniemail }) {
  const group = groups.find((name) => name === checkClients.value) ?? 'Outlook';
  const shown = clients.flatMap((name, index) => (group === 'All' || name.startsWith(group) ? [index] : []));
  const ranked = useMemo(() => rankFindings(findings, shown), [findings, group]);
  return (
    <section>
      <h3>
        {ranked.length === 0
          ? `All ${findings.length} features it uses work in ${group === 'All' ? 'every client' : group}`
          : `${ranked.length} of ${findings.length} features do not work everywhere in ${group === 'All' ? 'every client' : group}`}
      </h3>
      <div class="toolbar">
        <Choice
          label="Clients"
          value={group}
          choices={groups.map((name) => [name, name.replace('!', '')] as const)}
          onChange={(value) => (checkClients.value = value)}
        />
      </div>
      {ranked.length > 0 && (
        <div class="table-box" role="region" aria-label="Support in mail clients" tabIndex={0}>
          <table class="support">
            <thead>
              <tr>
                <th scope="col">Feature</th>
                {shown.map((index) => (
                  <th scope="col" key={index}>
                    {group === 'All' ? clients[index] : clients[index]?.replace(/^(?:Outlook|Gmail|Apple Mail|Yahoo! Mail) /, '')}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {ranked.map((finding) => (
                <Row key={finding.slug} finding={finding} shown={shown} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <p class="muted">
        Data of{' '}
        <a href="https://www.caniemail.com/" target="_blank" rel="noopener noreferrer">
          caniemail.com
        </a>
        , {date}.
      </p>
    </section>
  );
}

function Row({ finding: { slug, title, support }, shown }: { finding: Finding; shown: readonly number[] }) {
  return (
    <tr>
      <th scope="row">
        <a href={`https://www.caniemail.com/features/${encodeURIComponent(slug)}/`} target="_blank" rel="noopener noreferrer">
          {title}
        </a>
      </th>
      {shown.map((index) => {
        const cell = support[index];
        const mark = marks[cell?.support ?? 'u'];
        return (
          <td key={index} title={cell?.note}>
            <Badge tone={mark.tone}>
              <span aria-hidden="true">{mark.sign}</span>
              <span class="sr">
                {mark.text}
                {cell?.note && `: ${cell.note}`}
              </span>
            </Badge>
          </td>
        );
      })}
    </tr>
  );
}
