import { ApiRefusal, type InboxAnswer } from './answer.js';

/** Scripts and styles from here only, no markup from text, nobody frames it. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types inert-html',
].join('; ');

/**
 * A file of the page.
 * @throws ApiRefusal
 */
export async function servePage(path: string): Promise<InboxAnswer> {
  // half a megabyte of text, which a sandbox without visitors does not load
  const { pageFiles } = await import('../page-files.js');
  const name = path === '' ? 'index.html' : path;
  const file = Object.hasOwn(pageFiles, name) ? pageFiles[name] : undefined;
  if (!file) throw new ApiRefusal(404, 'NotFound', 'The inbox has no such file.');
  return {
    status: 200,
    headers: { 'Content-Type': file.type, 'Content-Encoding': 'gzip', 'Content-Security-Policy': PAGE_POLICY },
    body: Buffer.from(file.gzip, 'base64'),
  };
}
