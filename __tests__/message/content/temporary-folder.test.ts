import type * as Os from 'node:os';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ContentReader } from '../../../lib/message/content/content-reader.js';
import { MEMORY_INSTEAD_OF_FILE, MEMORY_LIMIT } from '../../../lib/message/content/limits.js';
import { createMimeNode } from '../../../lib/message/nodemailer.js';

/** os.tmpdir() reads the environment of the process, which jest gives its tests a copy of. */
let mockFolder: string | undefined;
jest.mock('node:os', () => {
  const os = jest.requireActual<typeof Os>('node:os');
  return { ...os, tmpdir: () => mockFolder ?? os.tmpdir() };
});

const folder = mkdtempSync(join(tmpdir(), 'temporary-folder-'));
const file = join(folder, 'file');
writeFileSync(file, '');
const readers: ContentReader[] = [];

afterEach(async () => {
  for (const reader of readers.splice(0)) await reader.dispose();
  mockFolder = undefined;
});
afterAll(() => rmSync(folder, { recursive: true }));

function read(chunks: Buffer[]) {
  const reader = new ContentReader({ idleTimeout: 20_000, signal: undefined });
  readers.push(reader);
  return reader.read(createMimeNode(), Readable.from(chunks), 'attachment "a.bin"');
}

const chunksOf = (bytes: Buffer) =>
  Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, at) => bytes.subarray(at * 65_536, (at + 1) * 65_536));
function* repeat(chunk: Buffer, bytes: number) {
  for (let given = 0; given < bytes; given += chunk.length) yield chunk;
}

/** A file system of one megabyte; `undefined` where this process may not mount one. */
function mountTiny(): string | undefined {
  const path = mkdtempSync(join(folder, 'tiny-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', path], { stdio: 'ignore' });
    return path;
  } catch {
    return undefined;
  }
}

const places: [string, string, RegExp][] = [
  ['that is not there', join(folder, 'nowhere'), /nowhere is not there/],
  ['that is a file', file, /file is no folder/],
  // root may write nowhere there either
  ...(process.platform === 'linux'
    ? [
        ['that cannot be written to', '/proc', /\/proc (is not there|may not be written to|is read-only|cannot be used)/] as [
          string,
          string,
          RegExp,
        ],
      ]
    : []),
];

describe.each(places)('a temporary folder %s', (_, place, message) => {
  test('is not needed for what fits into memory', async () => {
    mockFolder = place;
    for (const size of [1000, MEMORY_LIMIT + 1, 2 * MEMORY_LIMIT]) {
      const bytes = randomBytes(size);
      const source = await read(chunksOf(bytes));
      expect((await source.bytes()).equals(bytes)).toBe(true);
    }
  });

  test('is named where it is needed; that is not permanent, and not the fault of the file', async () => {
    mockFolder = place;
    const chunk = Buffer.alloc(1024 * 1024);
    const error: unknown = await read([...repeat(chunk, MEMORY_INSTEAD_OF_FILE + 1)]).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'EMESSAGE', permanent: false, ambiguous: false, message: expect.stringMatching(message) });
    expect((error as Error).message).toMatch(/^attachment "a\.bin" cannot be put aside: the folder for temporary files .* TMPDIR/);
  });
});

describe('a temporary folder that is full', () => {
  const tiny = mountTiny();
  afterAll(() => {
    if (tiny !== undefined) execFileSync('umount', [tiny]);
  });
  const testIf = tiny === undefined ? test.skip : test;
  if (tiny === undefined) console.warn('a full temporary folder is not tested: this process may not mount one');

  testIf('in the middle of a file: it goes on in memory, byte for byte', async () => {
    mockFolder = tiny;
    const bytes = randomBytes(7 * 1024 * 1024 + 5);
    const source = await read(chunksOf(bytes));
    expect((await source.bytes()).equals(bytes)).toBe(true);
    expect(readdirSync(tiny as string)).toEqual([]);
  });

  testIf('and memory does not hold it either: it is named', async () => {
    mockFolder = tiny;
    const error: unknown = await read([...repeat(Buffer.alloc(1024 * 1024), MEMORY_INSTEAD_OF_FILE + 1)]).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'EMESSAGE', permanent: false, message: expect.stringMatching(/tiny-\w+ is full/) });
    expect(readdirSync(tiny as string)).toEqual([]);
  });

  testIf('what fits is put there', async () => {
    mockFolder = tiny;
    const bytes = randomBytes(MEMORY_LIMIT + 5);
    expect((await (await read(chunksOf(bytes))).bytes()).equals(bytes)).toBe(true);
  });
});
