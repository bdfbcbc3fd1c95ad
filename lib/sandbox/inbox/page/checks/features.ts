import type { CssUse } from './read-css.js';

/** lib/sandbox/inbox/page/caniemail.json, as scripts/caniemail.mjs makes it. */
export interface Caniemail {
  date: string;
  clients: string[];
  features: [slug: string, title: string, find: string, support: string, ...notes: string[]][];
}

export type Support = 'y' | 'a' | 'n' | 'u';

export interface Finding {
  slug: string;
  title: string;
  /** Per client. */
  support: { support: Support; note: string | undefined }[];
}

/**
 * The features a mail uses.
 * @param has whether a selector finds something in its html
 */
export function findFeatures({ features, clients }: Caniemail, css: CssUse, has: (selector: string) => boolean): Finding[] {
  return features.flatMap(([slug, title, find, support, ...notes]) => {
    if (!find.split('\n').some((pattern) => isUsed(pattern, css, has))) return [];
    const marks = [...support.matchAll(/([yanu])(\d*)/g)].map(([, mark = 'u', note]) => ({
      support: mark as Support,
      note: note ? notes[Number(note)] : undefined,
    }));
    return [{ slug, title, support: clients.map((_, index) => marks[index] ?? { support: 'u', note: undefined }) }];
  });
}

function isUsed(pattern: string, css: CssUse, has: (selector: string) => boolean): boolean {
  const kind = pattern[0];
  const rest = pattern.slice(2);
  const inValues = (expression: RegExp): boolean => css.declarations.some(({ value }) => expression.test(value));
  switch (kind) {
    case 'p': {
      const [property, value] = rest.split('=');
      return css.declarations.some((used) => used.property === property && (value === undefined || words(used.value).includes(value)));
    }
    case '@': {
      const [name, condition = ''] = rest.split(' ');
      return css.atRules.some((used) => used.name === name && used.condition.includes(condition));
    }
    case 'f':
      return inValues(new RegExp(`(?:^|[^\\w-])${rest}\\(`));
    case 'k':
      return inValues(new RegExp(`(?:^|[^\\w-])${rest}(?![\\w-])`));
    case 'u':
      return inValues(new RegExp(`(?:^|[^\\w#.-])-?\\d*\\.?\\d+${rest}(?![\\w-])`));
    case 's':
      return css.selectors.some((selector) => new RegExp(rest).test(selector));
    default:
      return has(rest);
  }
}

const words = (value: string): string[] => value.split(/[\s,!]+/);

/** What does not work everywhere in the clients that count, the worst first. */
export function rankFindings(findings: readonly Finding[], clients: readonly number[]): Finding[] {
  const score = ({ support }: Finding): number =>
    clients.reduce((sum, index) => sum + (support[index]?.support === 'n' ? 100 : support[index]?.support === 'a' ? 1 : 0), 0);
  return findings.filter((finding) => score(finding) > 0).sort((a, b) => score(b) - score(a));
}
