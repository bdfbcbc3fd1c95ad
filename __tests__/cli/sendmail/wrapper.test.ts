import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { placeCommands, WRAPPER_MARK, writeWrapper, type Machine } from '../../../lib/cli/sendmail/wrapper.js';

const folder = mkdtempSync(join(tmpdir(), 'wrapper-'));
afterAll(() => rmSync(folder, { recursive: true }));
const hostile = `it's $(touch ${folder}/hacked) \`x\` "y" \\ ; z`;
const page = readFileSync(join(__dirname, '../../../docs/sendmail.md'), 'utf8');
const script = join(folder, 'sendmail of mine.cjs');
writeFileSync(script, 'console.log(JSON.stringify({ args: process.argv.slice(2), set: process.env.GRAPH_SPOOL }));');

/** Starts the wrapper as cron does: under its PATH, and with nothing else in the environment. */
function start(text: string, name: string, args: string[]) {
  const file = join(folder, 'wrapper');
  const link = join(folder, name);
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  symlinkSync(file, link);
  const { status, stdout, stderr } = spawnSync(link, args, { encoding: 'utf8', env: { PATH: '/usr/bin:/bin' } });
  rmSync(link);
  return { status, stderr, said: stdout === '' ? undefined : (JSON.parse(stdout) as object) };
}

const text = writeWrapper({ node: process.execPath, script, variables: { GRAPH_SPOOL: hostile } });

test('starts with the node it was written for, and hands over what it gets as it is', () => {
  const args = ['-t', '--spool', '/tmp/evil', hostile, ''];
  expect(start(text, 'sendmail', args)).toEqual({ status: 0, stderr: '', said: { args: ['--', ...args], set: hostile } });
});

test('is mailq and newaliases under those names', () => {
  expect(start(text, 'mailq', ['-x'])).toMatchObject({ status: 0, said: { args: ['--', '-bp'] } });
  expect(start(text, 'newaliases', [])).toEqual({ status: 0, stderr: '', said: undefined });
});

test('says what to do where its node is gone, and lets the caller keep the message', () => {
  const gone = writeWrapper({ node: join(folder, 'gone'), script, variables: {} });
  expect(start(gone, 'sendmail', ['-t'])).toMatchObject({ status: 75, stderr: expect.stringContaining('run install-sendmail again') });
});

test('is known by its second line', () => {
  expect(text.split('\n')[1]).toBe(WRAPPER_MARK);
});

const machines = (['debian', 'alternatives', 'other'] as const).flatMap((system) =>
  [false, true].flatMap((separateLib) =>
    [false, true].flatMap((taken) => [false, true].map((libTaken): Machine => ({ system, separateLib, taken, libTaken }))),
  ),
);

test.each(machines.filter(({ system }) => system === 'other'))(
  'what was there comes back: own /usr/lib/sendmail $separateLib, taken $taken and $libTaken',
  (machine) => {
    const root = mkdtempSync(join(folder, 'root-'));
    const at = (name: string) => join(root, name, 'sendmail');
    const read = (name: string) => (existsSync(at(name)) ? readFileSync(at(name), 'utf8') : undefined);
    for (const name of ['sbin', 'lib']) mkdirSync(join(root, name));
    if (machine.taken) writeFileSync(at('sbin'), 'BusyBox');
    if (machine.libTaken) writeFileSync(at('lib'), 'msmtp');
    const { place, undo } = placeCommands(script, machine);
    const run = (commands: string[]) => spawnSync('sh', ['-ec', commands.join('\n').replaceAll('/usr/', `${root}/`)], { encoding: 'utf8' });
    expect(run(place)).toMatchObject({ status: 0, stderr: '' });
    expect(readlinkSync(at('sbin'))).toBe(script);
    expect(run(undo)).toMatchObject({ status: 0, stderr: '' });
    expect([read('sbin'), read('lib')]).toEqual([machine.taken ? 'BusyBox' : undefined, machine.libTaken ? 'msmtp' : undefined]);
  },
);

test('a path that the shell would read otherwise is quoted in the commands', () => {
  for (const machine of machines) {
    const words = spawnSync(
      'sh',
      ['-c', `say() { printf '%s\\n' "$@"; }; say ${placeCommands("/opt/it's/sendmail", machine).place.join(' ')}`],
      { encoding: 'utf8' },
    );
    expect(words.stdout.split('\n')).toContain("/opt/it's/sendmail");
  }
});

test.each(machines)(
  'every path that programs start is taken, and given back: $system, own /usr/lib/sendmail $separateLib, taken $taken and $libTaken',
  (machine) => {
    const file = '/usr/local/sbin/graph-sendmail';
    const { place, undo } = placeCommands(file, machine);
    const paths =
      machine.separateLib || machine.system === 'alternatives' ? ['/usr/sbin/sendmail', '/usr/lib/sendmail'] : ['/usr/sbin/sendmail'];
    for (const path of paths) expect(place.join('\n')).toMatch(new RegExp(`(${file} ${path}$|${path} \\S+ ${file})`, 'm'));
    expect(place.join('\n').includes('/usr/lib/sendmail')).toBe(paths.length === 2);
    expect(undo).not.toEqual([]);
    // the page about it says the same
    for (const command of [...place, ...undo]) expect(page).toContain(command);
  },
);
