import { chmodSync, linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listQueue } from '../../../lib/cli/sendmail/queue-report.js';
import {
  hasEnded,
  identityOf,
  processTable,
  readIdentity,
  writeIdentity,
  type ProcessTable,
} from '../../../lib/cli/sendmail/process-identity.js';
import { Spool, SpoolError, STATES } from '../../../lib/cli/sendmail/spool.js';
import { DamagedMailError, readMail, readNote, writeMail, type SpooledMail } from '../../../lib/cli/sendmail/spool-record.js';

const mail: SpooledMail = {
  arguments: { recipients: ['root'], recipientsFromHeader: true, ignoreDots: true, sender: '', fullName: 'Cron Daemon' },
  date: new Date('2026-11-26T08:00:00.000Z'),
  uniqueId: '6f1d1c5e-3b7e-4d67-9d4b-0f5a6f1c9f01',
  input: Buffer.from([0x0a, 0xff, 0x00, 0x7b, 0x7d, 0x0a]),
};
const me = process.geteuid?.() ?? 0;
/** A machine on which the processes of this list run; this process is the first. */
const table = (starts: Record<number, string>, machine = 'host_1'): ProcessTable => ({ machine, startOf: (pid) => starts[pid] });
const alive = table({ [process.pid]: '100' });
const gone = table({});

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'spool-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const files = (state: string) => readdirSync(join(folder, String(me), state));
/** Every file of the spool, by its state. */
const all = () => STATES.flatMap((state) => files(state).map((file) => `${state} ${file.split('.')[0]}`));

describe('a mail as a file', () => {
  test('comes back as it was, any byte of it', () => {
    expect(readMail(writeMail(mail))).toEqual(mail);
  });

  test.each([
    ['nothing', ''],
    ['no JSON', 'x\n'],
    ['another version', '{"format":2}\n'],
    ['no arguments', '{"format":1,"date":"2026-11-26T08:00:00Z","uniqueId":"a"}\n'],
    ['a list', '[]\n'],
    ['null', 'null\n'],
    ['a Message-ID with a line break', writeMail({ ...mail, uniqueId: 'a\\r\\nBcc: x' }).toString()],
    ['no date', writeMail(mail).toString().replace('2026-11-26T08:00:00.000Z', 'soon')],
  ])('%s is refused', (_, text) => {
    expect(() => readMail(Buffer.from(text))).toThrow(DamagedMailError);
  });

  test('a note that is none says nothing', () => {
    expect(['', 'null', '{}', '{"tries":"1"}'].map(readNote)).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe('whether a process has ended', () => {
  const mine = identityOf(process.pid, alive);
  const hour = 3_600_000;

  test('its identity fits into a file’s name', () => {
    expect(readIdentity(writeIdentity(mine))).toEqual(mine);
    expect(writeIdentity(identityOf(process.pid, processTable()))).toMatch(/^\d+-\d*-[A-Za-z0-9_-]*$/);
    expect(readIdentity('x')).toBeUndefined();
  });

  test('this process runs, by this machine’s own account', () => {
    const here = processTable();
    expect(hasEnded(identityOf(process.pid, here), here, 99 * hour, hour)).toBe(false);
    expect(hasEnded({ ...identityOf(process.pid, here), pid: 2 ** 30 }, here, 0, hour)).toBe(true);
  });

  test.each<[string, ProcessTable, number, boolean]>([
    ['it is there', alive, 99 * hour, false],
    ['it is not there', gone, 0, true],
    ['its number serves another one', table({ [process.pid]: '200' }), 0, true],
    ['when it began cannot be known', table({ [process.pid]: '' }), 99 * hour, false],
    ['another machine’s, lately', table({}, 'host_2'), hour - 1, false],
    ['another machine’s, long ago', table({ [process.pid]: '100' }, 'host_2'), hour + 1, true],
  ])('%s', (_, now, age, ended) => {
    expect(hasEnded(mine, now, age, hour)).toBe(ended);
  });
});

describe('the spool', () => {
  test('is for its owner alone', () => {
    const spool = Spool.open(folder, me);
    const id = spool.add(mail, 'waiting');
    const own = join(folder, String(me));
    expect(statSync(own).mode & 0o777).toBe(0o700);
    expect(statSync(join(own, 'waiting', id)).mode & 0o777).toBe(0o600);
    chmodSync(own, 0o750);
    expect(() => Spool.open(folder, me)).toThrow(SpoolError);
  });

  test('is not a link to elsewhere', () => {
    mkdirSync(join(folder, 'elsewhere'), { mode: 0o700 });
    symlinkSync(join(folder, 'elsewhere'), join(folder, String(me)));
    expect(() => Spool.open(folder, me)).toThrow(SpoolError);
  });

  test('keeps a message until it is sent, and nothing of it then', () => {
    const spool = Spool.open(folder, me, alive);
    const id = spool.add(mail, 'waiting');
    expect(id).toMatch(/^20261126T080000-[0-9a-f]{8}$/);
    const claim = spool.claim(id);
    if (!claim) throw new Error('nobody else has it');
    expect(spool.read(claim)).toEqual(mail);
    spool.release(claim, 'waiting', { at: 1, status: 75, reason: 'no network' });
    expect(spool.entries()).toMatchObject([{ id, state: 'waiting', note: { tries: 1, status: 75, reason: 'no network' } }]);
    const again = spool.claim(id);
    if (!again) throw new Error('nobody else has it');
    spool.markSending(again);
    spool.markSending(again);
    expect(all()).toEqual([`sending ${id}`]);
    spool.done(again);
    expect([...all(), ...files('notes'), ...files('tmp')]).toEqual([]);
  });

  test('gives a message to one process', () => {
    const [one, other] = [Spool.open(folder, me, alive), Spool.open(folder, me, alive)];
    const id = one.add(mail, 'waiting');
    expect(one.claim(id)).toBeDefined();
    expect(other.claim(id)).toBeUndefined();
  });

  test('takes nothing from a process that runs', () => {
    const spool = Spool.open(folder, me, alive);
    const claim = spool.add(mail, 'claimed');
    expect([spool.recover(new Date()), all()]).toEqual([[], [`claimed ${claim.id}`]]);
    spool.markSending(claim);
    expect([spool.recover(new Date()), all()]).toEqual([[], [`sending ${claim.id}`]]);
  });

  test('of a process that ended: what it had not begun to send waits again, the rest is told as unsure', () => {
    const spool = Spool.open(folder, me, alive);
    const claimed = spool.add(mail, 'claimed');
    const sending = spool.add(mail, 'claimed');
    spool.markSending(sending);
    const later = Spool.open(folder, me, gone);
    expect(later.recover(new Date())).toEqual([sending.id]);
    expect(all()).toEqual([`waiting ${claimed.id}`, `unsure ${sending.id}`]);
    expect(later.entries().find(({ id }) => id === sending.id)?.note?.reason).toContain('look into Sent Items');
    // once
    expect(later.recover(new Date())).toEqual([]);
    expect(later.waiting()).toEqual([claimed.id]);
  });

  test('a message that somebody took away is not sent', () => {
    const spool = Spool.open(folder, me, alive);
    const claim = spool.add(mail, 'claimed');
    rmSync(join(folder, String(me), 'claimed', claim.file));
    expect(() => spool.markSending(claim)).toThrow(SpoolError);
  });

  test('lets a message wait again only by its whole name', () => {
    const spool = Spool.open(folder, me, alive);
    const claim = spool.add(mail, 'claimed');
    spool.release(claim, 'failed', { at: 1, status: 65, reason: 'x' });
    expect(['', '..', `../failed/${claim.id}`, `${claim.id}x`].map((id) => spool.retry(id))).toEqual([false, false, false, false]);
    expect(spool.retry(claim.id)).toBe(true);
    expect(spool.waiting()).toEqual([claim.id]);
  });

  test('reads no link, no second name of a file, no pipe', () => {
    const spool = Spool.open(folder, me, alive);
    const secret = join(folder, 'secret');
    writeFileSync(secret, writeMail(mail));
    const waiting = join(folder, String(me), 'waiting');
    const id = '20261126T080000-00000000';
    for (const make of [() => symlinkSync(secret, join(waiting, id)), () => linkSync(secret, join(waiting, id))]) {
      make();
      const claim = spool.claim(id);
      if (!claim) throw new Error('nobody else has it');
      expect(() => spool.read(claim)).toThrow(/ELOOP|not a file of the user/);
      rmSync(join(folder, String(me), 'claimed', claim.file));
    }
  });

  test('what is no message of its own does not matter', () => {
    const spool = Spool.open(folder, me, alive);
    writeFileSync(join(folder, String(me), 'waiting', 'README'), 'x');
    writeFileSync(join(folder, String(me), 'sending', 'half.written'), 'x');
    mkdirSync(join(folder, 'lost+found'));
    expect([spool.waiting(), spool.entries(), spool.recover(new Date()), Spool.users(folder)]).toEqual([[], [], [], [me]]);
  });

  (me === 0 ? test : test.skip)('root follows no user’s link to a folder, and sees what the user may see', () => {
    const user = 65_534;
    chmodSync(folder, 0o1733);
    const own = join(folder, String(user));
    const spool = Spool.open(folder, user, alive);
    const id = spool.add(mail, 'waiting');
    expect(statSync(join(own, 'waiting', id)).uid).toBe(user);
    // the user puts root's folder in the place of one of his
    const private_ = join(folder, 'private');
    mkdirSync(private_, { mode: 0o700 });
    rmSync(join(own, 'claimed'), { recursive: true });
    symlinkSync(private_, join(own, 'claimed'));
    expect(() => spool.claim(id)).toThrow('EACCES');
    expect(readdirSync(private_)).toEqual([]);
    expect([process.geteuid?.(), process.getegid?.()]).toEqual([0, process.getgid?.()]);
  });
});

test('the queue in lines of 80 columns', () => {
  const spool = Spool.open(folder, me, alive);
  expect(listQueue([])).toBe('Mail queue is empty');
  const failed = spool.add({ ...mail, input: Buffer.alloc(3000) }, 'claimed');
  spool.release(failed, 'failed', { at: 1, status: 65, reason: `too large\u001b[2J ${'x'.repeat(90)}` });
  const waiting = spool.add({ ...mail, date: new Date('2026-11-26T09:00:00Z') }, 'waiting');
  expect(listQueue(spool.entries()).split('\n')).toEqual([
    `${failed.id}  given up         3 KB  1 try`,
    `    too large\\u001b[2J ${'x'.repeat(56)}…`,
    `${waiting}  waiting         ${writeMail(mail).length} B`,
    '2 messages: 1 waiting, 1 given up.',
  ]);
});
