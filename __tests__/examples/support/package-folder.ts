import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(__dirname, '../../..');

/** The environment without what the test run tells its child processes about itself. */
export const cleanEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD$|NODE_ENV$|NODE_OPTIONS$|JEST_|GRAPH_|AZURE_)/.test(name)),
);

/** Makes `import 'nodemailer-graph-transport'` work: the examples use the package as it is published. */
export function buildPackage(): void {
  execFileSync(process.execPath, [join(root, 'scripts/build-if-stale.mjs')], { cwd: root, stdio: 'pipe' });
}

/**
 * A folder inside the package, so that code in it finds the package by its name and all others in node_modules. Neither git nor
 * the linters look into coverage/.
 */
export function useScratchFolder(): string {
  mkdirSync(join(root, 'coverage'), { recursive: true });
  const folder = mkdtempSync(join(root, 'coverage', 'example-'));
  // Windows keeps files of a process that has just ended for a moment
  afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  return folder;
}
