import { join } from 'node:path';
import { buildSync } from 'esbuild';

/** TypeScript source as one CommonJS script, to be run by `node -` in the project's folder. */
export function bundle(source: string): string {
  const { outputFiles } = buildSync({
    stdin: { contents: source, resolveDir: root, loader: 'ts' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    packages: 'external',
  });
  return outputFiles[0]?.text ?? '';
}

export const root = join(__dirname, '../..');
