// Attachments: resident memory above idle, and the time of an upload against a bare loop.
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { measure, start } from '../support/child.mjs';
import { MEBIBYTE, pieces } from '../support/content.mjs';
import { ratios, summary } from '../support/statistics.mjs';

// none: only reads what is not a file, which by itself leaves buffers behind
const CASES = { json: ['path', 'stream', 'url'], mime: ['path', 'stream', 'url'], none: ['stream', 'url'] };

export async function run({ quick, log }) {
  const sizes = quick ? [1, 25] : [1, 25, 150];
  const rounds = quick ? 1 : 3;
  const folder = mkdtempSync(join(tmpdir(), 'nodemailer-graph-transport-bench-'));
  const sandbox = await start('servers/sandbox.mjs');
  const { options, files } = sandbox.ready;
  const path = (size) => join(folder, `${size}.bin`);
  const memory = [];
  try {
    for (const size of sizes) await pipeline(Readable.from(pieces(size * MEBIBYTE)), createWriteStream(path(size)));
    for (const [format, sources] of Object.entries(CASES)) {
      for (const source of sources) {
        for (const size of sizes) {
          const found = [];
          let route;
          for (let round = 0; round < rounds; round++) {
            const argument = { options, format, source, path: path(size), url: `${files}/${size * MEBIBYTE}` };
            const result = await measure('clients/memory.mjs', argument, { execArgv: ['--expose-gc'] });
            if (format !== 'none') await arrived(size);
            found.push(result.above / MEBIBYTE);
            ({ route } = result);
          }
          memory.push({ format, source, size, route, above: summary(found) });
          log(`${format}, ${size} MB from ${source}: ${found.map((value) => value.toFixed(1)).join(', ')} MB`);
        }
      }
    }
    const size = sizes.at(-1);
    const upload = await measure('clients/upload.mjs', { options, path: path(size), rounds: quick ? 2 : 15 });
    log(
      `upload of ${size} MB: ${upload.own.map((time, round) => (upload.bare[round] / time).toFixed(2)).join(', ')} times the bare loop's speed`,
    );
    const speed = (times) => summary(times.map((time) => (size * 1000) / time));
    return {
      rounds,
      /** Megabytes (MiB) above idle. */
      memory,
      /** MiB a second. */
      upload: { size, rounds: upload.own.length, own: speed(upload.own), bare: speed(upload.bare), ratio: ratios(upload.bare, upload.own) },
    };
  } finally {
    await sandbox.stop();
    rmSync(folder, { recursive: true, force: true });
  }

  async function arrived(size) {
    const { received } = await sandbox.ask({});
    const [last] = received.at(-1) ?? [];
    if (last !== size * MEBIBYTE) throw new Error(`an attachment of ${size * MEBIBYTE} bytes arrived with ${last}`);
  }
}
