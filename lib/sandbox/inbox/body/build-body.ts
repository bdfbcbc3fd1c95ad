import type { SandboxAttachment } from '../../types.js';

/** What a body may load besides what it carries itself. */
export type Remote = 'none' | 'images';

/** Isolates an html wherever it is opened: an origin of its own, no script, no form, no way to the network. */
export function bodyPolicy(remote: Remote): string {
  const images = remote === 'images' ? 'img-src data: http: https:' : 'img-src data:';
  return [
    'sandbox allow-popups allow-popups-to-escape-sandbox',
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    images,
    'font-src data:',
    'media-src data:',
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'self'",
  ].join('; ');
}

/** Types a cid reference may stand for. */
const inlineTypes = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/svg+xml', 'image/bmp']);
/** Most bytes all inlined images may add: a short html can name a large image a thousand times. */
const MOST_INLINED = 48 * 1024 * 1024;

/** The html as a document: nothing is parsed, nothing changed but cid references, prefetching and where links open. */
export function buildBody(html: string, attachments: readonly SandboxAttachment[]): string {
  return openLinksOutside(inlineImages(withoutPrefetch(html), attachments));
}

/**
 * Where images may be loaded, a policy lets `<link rel="prefetch">` load anything: it asks whether any of its directives would allow it. Of two
 * `rel` the first counts. No other link can load something here.
 */
const withoutPrefetch = (html: string): string => html.replace(/<link(?=[\s/>])/gi, '$& rel="none"');

function inlineImages(html: string, attachments: readonly SandboxAttachment[]): string {
  const known = new Map<string, string>();
  for (const { contentId, contentType, content } of attachments) {
    const type = contentType.toLowerCase().split(';', 1)[0]?.trim() ?? '';
    if (contentId === undefined || content.length === 0 || !inlineTypes.has(type)) continue;
    known.set(contentId.toLowerCase(), `data:${type};base64,${content.toString('base64')}`);
  }
  if (known.size === 0) return html;
  let left = MOST_INLINED;
  return html.replace(/\bcid:([^"'()\s<>\\]{1,500})/gi, (reference, id: string) => {
    const data = known.get(id.toLowerCase()) ?? known.get(decode(id).toLowerCase());
    if (data === undefined || data.length > left) return reference;
    left -= data.length;
    // base64 has nothing that could end an attribute
    return data;
  });
}

function decode(id: string): string {
  try {
    return decodeURIComponent(id.replaceAll('&amp;', '&'));
  } catch {
    return id;
  }
}

const base = '<base target="_blank">';

/** Behind the doctype: before it, the document would be shown in quirks mode. */
function openLinksOutside(html: string): string {
  const at = endOfDoctype(html);
  return html.slice(0, at) + base + html.slice(at);
}

function endOfDoctype(html: string): number {
  let at = 0;
  for (;;) {
    const [space = ''] = /^[\s\ufeff]*/.exec(html.slice(at, at + 10_000)) ?? [];
    at += space.length;
    if (html.startsWith('<!--', at)) {
      const end = html.indexOf('-->', at + 4);
      if (end < 0) return 0;
      at = end + 3;
    } else if (/^<\?xml/i.test(html.slice(at, at + 5))) {
      const end = html.indexOf('>', at);
      if (end < 0) return 0;
      at = end + 1;
    } else if (/^<!doctype/i.test(html.slice(at, at + 9))) {
      const end = html.indexOf('>', at);
      return end < 0 ? 0 : end + 1;
    } else return 0;
  }
}
