import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';

/**
 * The program of a major version of Node.js: the running one, or what the npm package `node` brings.
 *
 * @param {string} major
 * @returns {{ program: string, version: string }}
 */
export function findNode(major) {
  const inUse = process.versions.node;
  const program =
    inUse.split('.')[0] === major
      ? process.execPath
      : execFileSync('npx', ['--yes', '--package', `node@${major}`, '--', 'node', '-p', 'process.execPath'], {
          // elsewhere than here, where npx would look at the project's own packages first
          cwd: tmpdir(),
          shell: process.platform === 'win32',
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'inherit'],
        }).trim();
  const version = execFileSync(program, ['--version'], { encoding: 'utf8' }).trim().slice(1);
  // without its install script the package has no program, and npx starts the one of the PATH
  if (version.split('.')[0] !== major) throw new Error(`npx started Node.js ${version} instead of ${major}: are install scripts off?`);
  return { program, version };
}
