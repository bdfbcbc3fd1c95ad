import { Readable } from 'node:stream';

/** A mail with files of these sizes: between processes only the sizes travel. Large ones are streams, as an app would have them. */
export function withFiles(mail: object): object {
  const { files, ...rest } = mail as { files?: number[] };
  if (!files) return rest;
  return { ...rest, attachments: files.map((size, index) => ({ filename: `file-${index}.bin`, content: contentOf(size, index) })) };
}

function contentOf(size: number, index: number): Buffer | Readable {
  const pattern = `file ${index} `;
  if (size < 20_000_000) return Buffer.alloc(size, pattern);
  const chunk = Buffer.alloc(64 * 1024, pattern);
  return Readable.from(
    (function* () {
      for (let left = size; left > 0; left -= chunk.length) yield left < chunk.length ? chunk.subarray(0, left) : chunk;
    })(),
    { objectMode: false },
  );
}
