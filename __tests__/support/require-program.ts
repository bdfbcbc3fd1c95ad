import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs that not every machine has: the variable that names another place, and the names on PATH. `.ci/run` installs them. */
const programs = {
  'redis-server': { variable: 'REDIS_SERVER', names: ['redis-server', 'valkey-server'] },
  chromium: { variable: 'CHROMIUM', names: ['chromium', 'chromium-browser', 'google-chrome'] },
  'bsd-mailx': { variable: 'BSD_MAILX', names: ['bsd-mailx'] },
  cron: { variable: 'CRON', names: ['cron', '../sbin/cron'] },
  // a library of Debian's Python, whose own script Debian leaves out
  'dnf-automatic': { variable: 'DNF_AUTOMATIC', names: ['../lib/python3/dist-packages/dnf/automatic/main.py'] },
  'dpkg-divert': { variable: 'DPKG_DIVERT', names: ['dpkg-divert'] },
  'git-send-email': { variable: 'GIT_SEND_EMAIL', names: ['../lib/git-core/git-send-email'] },
  mutt: { variable: 'MUTT', names: ['mutt'] },
  php: { variable: 'PHP', names: ['php'] },
  pwsh: { variable: 'PWSH', names: ['pwsh'] },
  's-nail': { variable: 'S_NAIL', names: ['s-nail'] },
  'smartd_warning.sh': { variable: 'SMARTD_WARNING', names: ['../share/smartmontools/smartd_warning.sh'] },
  'systemd-analyze': { variable: 'SYSTEMD_ANALYZE', names: ['systemd-analyze'] },
  'update-alternatives': { variable: 'UPDATE_ALTERNATIVES', names: ['update-alternatives'] },
} as const;

export type Program = keyof typeof programs;

/**
 * `describe()` for tests that need a program; the body gets its path. Where the program is missing, the tests are skipped and one line says so;
 * with REQUIRE_ALL=1 (`.ci/run`) they fail.
 */
export function describeWith(program: Program, title: string, body: (path: string) => void): void {
  const path = findProgram(program);
  if (path === undefined) missing(program, title);
  else describe(title, () => body(path));
}

/** `test()` for a test that needs a program; see {@link describeWith}. */
export function testWith(program: Program, title: string, body: (path: string) => void | Promise<void>, timeout?: number): void {
  const path = findProgram(program);
  if (path === undefined) missing(program, title);
  else {
    test(
      title,
      async () => {
        await body(path);
      },
      timeout,
    );
  }
}

/** Where a program is, as its variable or PATH say. */
export function findProgram(program: Program, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const { variable, names } = programs[program];
  const named = env[variable];
  if (named) return isExecutable(named) ? named : undefined;
  const folders = (env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function missing(program: Program, title: string): void {
  const what = `${title}: needs ${program}, which is not on PATH (or name it in ${programs[program].variable})`;
  if (process.env['REQUIRE_ALL'] === '1') {
    test(title, () => {
      throw new Error(`${what}; REQUIRE_ALL=1 skips nothing`);
    });
    return;
  }
  process.stderr.write(`skipped: ${what}\n`);
  test.skip(what, () => undefined);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, path.endsWith('.py') ? constants.R_OK : constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
