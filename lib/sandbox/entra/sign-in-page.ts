import type { Answer } from '../http/exchange.js';

/** A page of the sign-in service: no scripts, nothing loaded. */
export function page(title: string, content: string, status = 200): Answer {
  return {
    status,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store, no-cache',
      'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
      'Referrer-Policy': 'no-referrer',
    },
    body: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:15vh auto;padding:0 1rem}button{display:block;width:100%;margin:.5rem 0;padding:.6rem;font:inherit;cursor:pointer}</style>
</head><body><h1>${escapeHtml(title)}</h1>${content}</body></html>`,
  };
}

/** A form that posts what it was given, with one button an answer. */
export function form(
  hidden: Readonly<Record<string, string>>,
  fields: string,
  answers: readonly { name: string; value: string; label: string }[],
): string {
  const inputs = Object.entries(hidden).map(
    ([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  );
  const buttons = answers.map(
    ({ name, value, label }) => `<button name="${escapeHtml(name)}" value="${escapeHtml(value)}">${escapeHtml(label)}</button>`,
  );
  return `<form method="post">${inputs.join('')}${fields}${buttons.join('')}</form>`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
