/** What was found wrong, or worth a look. */
export interface Problem {
  level: 'bad' | 'warn' | 'note';
  title: string;
  /** Why it matters, and where. */
  detail: string;
}

export interface Link {
  href: string;
  text: string;
  problem: string | undefined;
}

/** Of a mail, as far as the checks look at it. */
export interface Checked {
  subject: string;
  hasText: boolean;
  /** Undefined where there is no html. */
  htmlBytes: number | undefined;
  headers: readonly { name: string; value: string }[];
  images: readonly { alt: string | null; src: string; width: string | null }[];
  links: readonly { href: string | null; text: string }[];
  ids: readonly string[];
  lang: string | null;
}

// where Gmail cuts a message
const CLIPPED = 102 * 1024;
/** Microsoft's limit for custom headers of a JSON message. */
const MOST_X_HEADERS = 5;
const LONG_SUBJECT = 78;

export function findProblems(mail: Checked): Problem[] {
  const problems: Problem[] = [];
  const add = (level: Problem['level'], title: string, detail: string): void => void problems.push({ level, title, detail });
  if (!mail.subject.trim()) add('bad', 'No subject', 'Filters count it against a mail.');
  else if (mail.subject.length > LONG_SUBJECT) add('note', 'Long subject', `${mail.subject.length} characters; phones show about 40.`);
  if (mail.htmlBytes !== undefined && !mail.hasText)
    add('warn', 'No plain text', 'Some recipients read nothing else, and filters count it against a mail.');
  if (mail.htmlBytes !== undefined && mail.htmlBytes > CLIPPED) {
    add(
      'bad',
      'Gmail clips it',
      `The HTML has ${Math.round(mail.htmlBytes / 1024)} KiB; Gmail shows the first 102 KiB, without what stands at the end.`,
    );
  }
  const withoutAlt = mail.images.filter(({ alt }) => alt === null);
  if (withoutAlt.length > 0) {
    add(
      'warn',
      `${withoutAlt.length} of ${mail.images.length} images without alt`,
      `Read aloud, or with images off, they are nothing: ${sample(withoutAlt.map(({ src }) => src))}`,
    );
  }
  const seen = new Set<string>();
  const doubled = [...new Set(mail.ids.filter((id) => seen.size === seen.add(id).size))];
  if (doubled.length > 0) add('warn', 'The same id more than once', `A link to it finds the first only: ${sample(doubled)}`);
  if (mail.htmlBytes !== undefined && !mail.lang)
    add('note', 'No language', 'With lang on <html> a screen reader knows how to pronounce it.');
  return [...problems, ...headerProblems(mail.headers)];
}

function headerProblems(headers: Checked['headers']): Problem[] {
  const problems: Problem[] = [];
  const valueOf = (name: string): string | undefined => headers.find((header) => header.name.toLowerCase() === name)?.value;
  const custom = headers.filter(({ name }) => /^x-/i.test(name) && !/^x-ms-/i.test(name));
  if (custom.length > MOST_X_HEADERS) {
    problems.push({
      level: 'warn',
      title: `${custom.length} x-headers`,
      detail: `Graph takes at most ${MOST_X_HEADERS} of them in a JSON message; as MIME there may be more. ${sample(custom.map(({ name }) => name))}`,
    });
  }
  const list = valueOf('list-unsubscribe');
  const post = valueOf('list-unsubscribe-post');
  const bad = (title: string, detail: string): void => void problems.push({ level: 'bad', title, detail });
  if (list === undefined) {
    if (post !== undefined) bad('List-Unsubscribe-Post alone', 'It says nothing without List-Unsubscribe.');
    else problems.push({ level: 'note', title: 'No List-Unsubscribe', detail: 'Newsletters need it; a password reset does not.' });
    return problems;
  }
  const uris = [...list.matchAll(/<([^<>]*)>/g)].map(([, uri = '']) => uri.trim());
  const rest = list.replace(/<[^<>]*>/g, '').replace(/[\s,]/g, '');
  if (uris.length === 0 || rest !== '')
    bad(
      'List-Unsubscribe cannot be read',
      'It must be addresses in angle brackets with commas between, such as <https://example.com/u/1>, <mailto:u@example.com>.',
    );
  else if (uris.some((uri) => !/^(?:https?:\/\/|mailto:)\S+$/i.test(uri)))
    bad('List-Unsubscribe names no address', `Only https: and mailto: are understood: ${sample(uris)}`);
  if (post !== undefined && post.replace(/\s/g, '').toLowerCase() !== 'list-unsubscribe=one-click') {
    bad('List-Unsubscribe-Post cannot be read', 'It must be List-Unsubscribe=One-Click.');
  } else if (post !== undefined && !uris.some((uri) => /^https:\/\//i.test(uri))) {
    bad('One-Click without https', 'One click needs an https: address in List-Unsubscribe.');
  } else if (post === undefined && uris.some((uri) => /^https:/i.test(uri))) {
    problems.push({
      level: 'note',
      title: 'No List-Unsubscribe-Post',
      detail: 'Gmail and Yahoo want one-click unsubscribe (RFC 8058) from those who send much.',
    });
  }
  return problems;
}

export const judgeLinks = (links: Checked['links']): Link[] =>
  links.map(({ href, text }) => ({ href: href ?? '', text, problem: judgeLink(href, text) }));

// .dev is a domain like others, dev.contoso.com is not
const staging =
  /(?:^|[.-])(?:staging|stage|dev|test|qa|uat|preview|local|internal)[.-].|\.(?:test|local|localhost|example|invalid|internal)$/i;

function judgeLink(href: string | null, text: string): string | undefined {
  if (href === null) return 'no address';
  const trimmed = href.trim();
  if (trimmed === '') return 'empty address';
  if (trimmed === '#') return 'leads nowhere (#)';
  if (/^#/.test(trimmed)) return undefined;
  if (/\{\{|\}\}|\$\{|%7B%7B|\[\[|undefined|\[object/i.test(trimmed)) return 'a placeholder was not filled in';
  if (/^(?:javascript|vbscript|data|file):/i.test(trimmed)) return 'is removed by every mail client';
  if (!/^[a-z][a-z\d+.-]*:/i.test(trimmed)) return 'relative: in a mail it leads nowhere';
  if (!/^https?:/i.test(trimmed)) return undefined;
  if (!URL.canParse(trimmed)) return 'cannot be read';
  const { hostname, protocol } = new URL(trimmed);
  if (/^(?:localhost|127\.|0\.0\.0\.0|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|\[)/.test(hostname) || hostname.endsWith('.localhost'))
    return 'only reachable from here';
  if (staging.test(hostname)) return 'looks like a test system';
  if (protocol === 'http:') return 'not encrypted (http:)';
  return text.trim() === '' ? 'has no text' : undefined;
}

const sample = (texts: readonly string[]): string => {
  const short = texts.slice(0, 3).map((text) => (text.length > 60 ? `${text.slice(0, 57)}…` : text) || '(none)');
  return short.join(', ') + (texts.length > 3 ? ` and ${texts.length - 3} more` : '');
};
