import { tokeniseHtml } from '../text/tokenise-html.js';

interface Policy {
  createHTML(text: string): string;
}
interface Factory {
  createPolicy(name: string, rules: { createHTML(text: string): string }): Policy;
}

// the page's Content-Security-Policy allows this one policy and asks for it: parsing runs nothing and loads nothing
const policy = (globalThis as { trustedTypes?: Factory }).trustedTypes?.createPolicy('inert-html', { createHTML: (text) => text });

/**
 * The html as a document that belongs to no window: no script runs in it, nothing of it is loaded. The page's policy holds in it all the same
 * and would report what the html must not do, so what it is about gets other names: see {@link selectorFor}.
 */
export function inertDocument(html: string): Document {
  const text = tokeniseHtml(html)
    .map(({ kind, text }) => {
      if (kind === 'attribute') return /^(?:style$|on|http-equiv$)/i.test(text) ? `data-${text}` : text;
      if (kind === 'tag') return rename(text);
      // what is markup for a browser, where it ends a comment or a value elsewhere
      if (kind === 'comment' || (kind === 'string' && text.includes('<')))
        return rename(text).replace(/(?<![\w-])(?=(?:style|on[a-z]+|http-equiv)\s*=)/gi, 'data-');
      return text;
    })
    .join('');
  return new DOMParser().parseFromString(policy ? policy.createHTML(text) : text, 'text/html');
}

/** `<xmp>` is read as text, as `<style>` is. */
const rename = (text: string): string =>
  text
    .replace(/<style(?![\w-])/gi, '<xmp data-css')
    .replace(/<\/style(?![\w-])/gi, '</xmp')
    .replace(/<base(?![\w-])/gi, '<x-base');

/** What finds in an inert document what the selector finds in the html. */
export const selectorFor = (selector: string): string => ({ style: 'xmp[data-css]', base: 'x-base' })[selector] ?? selector;
