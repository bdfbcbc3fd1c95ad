import { status } from '../state/inbox.js';

/** To `errors.md#code` on the web; only ever http or https, whatever the API says. */
export function DocsLink({ path, children }: { path: string | null; children: string }) {
  const base = status.value?.docs;
  if (!path || !base || !URL.canParse(path, base)) return null;
  const { href, protocol } = new URL(path, base);
  if (protocol !== 'https:' && protocol !== 'http:') return null;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}
