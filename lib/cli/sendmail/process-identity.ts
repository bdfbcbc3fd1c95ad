import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Which process this is, so that another one can tell later whether it still runs. */
export interface ProcessIdentity {
  pid: number;
  /** When it began, in the kernel's clock ticks since the start of the machine; empty where that cannot be known. */
  started: string;
  /** One start of one machine or container. */
  machine: string;
}

/** What tells of processes; another one in tests. */
export interface ProcessTable {
  machine: string;
  /** When the process began; `undefined` if there is none, `''` where only that it exists is known. */
  startOf(pid: number): string | undefined;
}

/** This machine's processes. */
export function processTable(): ProcessTable {
  const boot = readIfThere('/proc/sys/kernel/random/boot_id')?.slice(0, 8) ?? '';
  return { machine: `${hostname().replace(/[^A-Za-z0-9-]/g, '')}_${boot}`, startOf };
}

export function identityOf(pid: number, table: ProcessTable): ProcessIdentity {
  return { pid, started: table.startOf(pid) ?? '', machine: table.machine };
}

/** As part of a file's name; neither dots nor slashes. */
export function writeIdentity({ pid, started, machine }: ProcessIdentity): string {
  return `${pid}-${started}-${machine}`;
}

export function readIdentity(text: string): ProcessIdentity | undefined {
  const [, pid, started, machine] = /^(\d+)-(\d*)-(\S*)$/.exec(text) ?? [];
  return pid === undefined || started === undefined || machine === undefined ? undefined : { pid: Number(pid), started, machine };
}

/**
 * Whether a process has ended for sure. Of another machine (a container that is gone, a start before this one) that is known only by time:
 * it counts as ended after `patience`.
 *
 * @param age milliseconds since it took the file
 * @param patience in milliseconds; longer than any message takes
 */
export function hasEnded({ pid, started, machine }: ProcessIdentity, table: ProcessTable, age: number, patience: number): boolean {
  if (machine !== table.machine) return age > patience;
  const now = table.startOf(pid);
  // a number that serves again for another process
  return now === undefined || (started !== '' && now !== '' && now !== started);
}

function startOf(pid: number): string | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`);
  // the name in brackets may hold blanks and brackets; the 22nd field is the 20th behind it
  if (stat !== undefined) return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  if (process.platform === 'linux') return undefined;
  try {
    process.kill(pid, 0);
    return '';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? '' : undefined;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
