import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outcome } from '../prepared/tenant-facts.js';
import { smtpSource } from './compile.js';
import { judge } from './judge.js';
import { readMarker } from './marker.js';
import { mailOf, pointsFor } from './points.js';
import { viewOf } from './view.js';

/** A saved message is small. */
const MOST_BYTES = 10 * 1024 * 1024;

/** What became of the points at another provider, by their names, and the files that are none of them. */
export interface Received {
  seen: ReadonlyMap<string, Outcome>;
  unknown: readonly string[];
}

/**
 * Reads the sources somebody saved into a folder, and compares each with what Nodemailer would have sent over SMTP.
 *
 * @param alias as it was given to the run; without it that point is left out
 */
export async function readReceived(folder: string, alias: string | undefined): Promise<Received> {
  const seen = new Map<string, Outcome>();
  const unknown: string[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const path = join(folder, name);
    const info = await stat(path);
    if (!info.isFile()) continue;
    if (info.size > MOST_BYTES || !(await addPoint(await readFile(path), alias, seen))) unknown.push(name);
  }
  return { seen, unknown };
}

async function addPoint(source: Buffer, alias: string | undefined, seen: Map<string, Outcome>): Promise<boolean> {
  const got = await viewOf(source);
  const marker = readMarker(got.subject);
  const point = pointsFor({ alias: alias ?? '' }).find(({ name }) => name === marker?.name);
  if (!marker) return false;
  // a run sends messages that show nothing of this kind, too
  if (!point || (point.feature === 'from' && alias === undefined)) return true;
  const mail = mailOf(point, { run: marker.run, mailbox: got.fromAddress, alias });
  seen.set(point.name, judge(point.feature, await viewOf(await smtpSource(mail)), got));
  return true;
}
