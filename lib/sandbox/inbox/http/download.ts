import { isImage } from '../views/render-message.js';

/** Names that mean something to a file system, or that read in another direction than they are. */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}/\\:*?"<>|]+/gu;

/** Header fields of a download: it never renders, whatever it is. */
export function downloadHeaders(name: string, contentType = 'application/octet-stream'): Record<string, string> {
  const shown = isImage(contentType) ? (contentType.toLowerCase().split(';', 1)[0] ?? '') : 'application/octet-stream';
  return { 'Content-Type': shown, 'Content-Disposition': `attachment; filename*=UTF-8''${encodeName(name)}` };
}

function encodeName(name: string): string {
  const cleaned = name.replace(unsafe, '_').replace(/^[\s.]+|[\s.]+$/gu, '');
  // by characters: half of one cannot be encoded
  const safe = [...cleaned].slice(0, 150).join('') || 'unnamed';
  return encodeURIComponent(safe).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
