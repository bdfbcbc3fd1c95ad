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
 * The html as a document that belongs to no window: no script runs in it, nothing of it is loaded. The page's policy on styles holds in it
 * all the same and would be reported as broken, so `style` attributes become `data-style`, and style sheets `<xmp data-css>`, which is read as
 * text too.
 */
export function inertDocument(html: string): Document {
  const tokens = tokeniseHtml(html).map(({ kind, text }) => {
    if (kind === 'attribute') return /^style$/i.test(text) ? 'data-style' : text;
    if (kind !== 'tag') return text;
    return /^<style$/i.test(text) ? '<xmp data-css' : /^<\/style$/i.test(text) ? '</xmp' : text;
  });
  const text = tokens.join('');
  return new DOMParser().parseFromString(policy ? policy.createHTML(text) : text, 'text/html');
}
