import type { MimeTreeNode } from './nodemailer.js';

/** Destroys the streams nobody is going to read any more; Nodemailer itself does that from version 10 on. */
export function releaseStreams(root: MimeTreeNode): void {
  const nodes = new Set([root]);
  for (const node of nodes) {
    for (const content of [node.content, node._raw]) {
      try {
        release(content);
      } catch {
        // a getter that throws; there is nothing to release then
      }
    }
    for (const child of node.childNodes) nodes.add(child);
  }
}

function release(content: unknown): void {
  const stream = content as { pipe?: unknown; destroy?: () => void; on?: (event: string, listener: () => void) => void } | null | undefined;
  if (typeof stream?.pipe === 'function' && typeof stream.destroy === 'function') {
    stream.on?.('error', () => undefined);
    stream.destroy();
  }
}
