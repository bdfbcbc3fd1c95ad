import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const onWindows = process.platform === 'win32';

/** The environment without what `npm test` tells its child processes about this project. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_(package|lifecycle|config_local)|^INIT_CWD$/.test(name)),
);

/** Runs a program and returns what it prints; throws with everything it printed. */
export function run(program: string, args: string[], cwd: string): string {
  try {
    return execFileSync(program, args, {
      cwd,
      env,
      shell: onWindows,
      timeout: 300_000,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`, { cause: error });
  }
}

export interface Packed {
  /** A folder that is removed when the tests of the file are done; the tarball is in it. */
  folder: string;
  tarball: string;
  /** Paths in the package. */
  files: string[];
}

/** Builds and packs the package once for a test file. */
export function usePackage(): Packed {
  const folder = mkdtempSync(join(tmpdir(), 'nodemailer-graph-transport-'));
  const packed: Packed = { folder, tarball: '', files: [] };
  beforeAll(() => {
    run(process.execPath, [join(root, 'scripts/build-if-stale.mjs')], root);
    // dist is up to date; npm's prepack would build it again under the feet of other tests
    const output = run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root);
    const [pack] = JSON.parse(output) as { filename: string; files: { path: string }[] }[];
    packed.tarball = join(folder, pack?.filename ?? '');
    packed.files = pack?.files.map(({ path }) => path) ?? [];
  }, 600_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return packed;
}
