import { mkdirSync, writeFileSync } from 'node:fs';
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

/** The same as a file in the project, so that its packages are found; whoever makes it removes it. */
export function bundleFile(name: string, source: string, { head = '', mode = 0o644 }: { head?: string; mode?: number } = {}): string {
  const folder = join(root, 'node_modules/.cache/nodemailer-graph-transport');
  const file = join(folder, `${name}-${process.pid}.cjs`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, head + bundle(source), { mode });
  return file;
}

export const root = join(__dirname, '../..');
