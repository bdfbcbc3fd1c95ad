import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

/** Loads a package that is only an ES module; jest on Node 20 cannot. */
export function loadEsm<T>(name: string): T {
  const directory = mkdtempSync(join(tmpdir(), 'load-esm-'));
  try {
    const outfile = join(directory, 'bundle.cjs');
    buildSync({ entryPoints: [name], absWorkingDir: process.cwd(), bundle: true, platform: 'node', format: 'cjs', outfile });
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- what was just built
    return require(outfile) as T;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
