import type { Readable } from 'node:stream';
import { openUrl, type MimeTreeNode } from '../nodemailer.js';
import { MAX_CONTENT } from './limits.js';

/** Milliseconds for a download: a server that trickles bytes must not hold the mailbox forever. 150 MB at 1.4 Mbit/s. */
export const MAX_DOWNLOAD_TIME = 15 * 60_000;

/** Fetches what Nodemailer was given as `{ href }`. */
export function download(node: MimeTreeNode, content: object, href: string): Readable {
  return openUrl(node, { ...content, href }, { maxBytes: MAX_CONTENT + 1, maxTime: MAX_DOWNLOAD_TIME });
}
