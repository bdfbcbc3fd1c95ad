import type * as Fs from 'node:fs';
import type * as Os from 'node:os';
import { randomBytes } from 'node:crypto';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Stream } from 'node:stream';
import { ContentReader } from '../../../lib/message/content/content-reader.js';
import type { ContentSource } from '../../../lib/message/content/content-source.js';
import { MAX_CONTENT, MEMORY_LIMIT } from '../../../lib/message/content/limits.js';
import { BufferContent } from '../../../lib/message/content/memory-source.js';
import type { StreamOptions } from '../../../lib/message/content/stream.js';
import { createMimeNode, type MimeTreeNode } from '../../../lib/message/nodemailer.js';

// a folder of its own for temporary files: other tests put theirs into the system's at the same time
jest.mock('node:os', () => {
  const os = jest.requireActual<typeof Os>('node:os');
  const fs = jest.requireActual<typeof Fs>('node:fs');
  const own = fs.mkdtempSync(`${os.tmpdir()}/content-`);
  return { ...os, tmpdir: () => own };
});

/** No piece is larger: many large files at once cost little memory. */
const MOST = 1024 * 1024;
const folder = mkdtempSync(join(tmpdir(), 'files-'));
const readers: ContentReader[] = [];

afterEach(() => Promise.all(readers.splice(0).map((reader) => reader.dispose())));
afterAll(() => rmSync(tmpdir(), { recursive: true }));

function createReader(options: Partial<StreamOptions> = {}): ContentReader {
  const reader = new ContentReader({ idleTimeout: 10_000, signal: undefined, ...options });
  readers.push(reader);
  return reader;
}

function read(content: unknown, node: MimeTreeNode = createMimeNode()): Promise<ContentSource> {
  return createReader().read(node, content, 'attachment "a.bin"');
}

function file(name: string, content: Buffer | string = 'content'): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function collect(source: ContentSource, start = 0, length = source.size): Promise<Buffer[]> {
  const pieces: Buffer[] = [];
  for await (const piece of source.pieces(start, length)) pieces.push(Buffer.from(piece));
  return pieces;
}

/** A failure nobody listens to would end the process. */
function quiet<T extends Readable>(stream: T): T {
  return stream.on('error', () => undefined);
}

/** Files this package put aside. */
function spooled(): string[] {
  return readdirSync(tmpdir()).filter((name) => statSync(join(tmpdir(), name)).isFile());
}

/** Modes of the temporary files that are open; nobody else may read them. */
function openSpools(): number[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const link = readlinkSync(`/proc/self/fd/${fd}`);
      return link.includes('/nodemailer-graph-transport-') ? [statSync(`/proc/self/fd/${fd}`).mode & 0o777] : [];
    } catch {
      // the descriptor that read the folder
      return [];
    }
  });
}

describe('what may be content', () => {
  test.each<[string, () => unknown, string]>([
    ['nothing', () => undefined, ''],
    ['null', () => null, ''],
    ['false', () => false, ''],
    ['an empty string', () => '', ''],
    ['a string', () => 'Grüße', 'Grüße'],
    ['a Buffer', () => Buffer.from('Grüße'), 'Grüße'],
    ['another view', () => new Uint16Array([0x4141, 0x4242]), 'AABB'],
    ['a stream', () => Readable.from([Buffer.from('con'), Buffer.from('tent')]), 'content'],
    ['a stream of strings', () => Readable.from(['Grü', 'ße']), 'Grüße'],
    ['an empty stream', () => Readable.from([]), ''],
    ['a path', () => ({ path: file('a.txt') }), 'content'],
    ['an empty file', () => ({ path: file('empty.txt', '') }), ''],
  ])('%s', async (_what, make, expected) => {
    const source = await read(make());
    expect((await source.bytes()).toString()).toBe(expected);
    expect(source.size).toBe(Buffer.byteLength(expected));
    expect(Buffer.concat(await collect(source)).toString()).toBe(expected);
  });

  test('a view is only what it shows', async () => {
    const whole = Buffer.from('before content after');
    expect((await (await read(new Uint8Array(whole.buffer, whole.byteOffset + 7, 7))).bytes()).toString()).toBe('content');
  });

  test.each([
    ['a number', 5, 'a number'],
    ['true', true, 'a boolean'],
    ['an object', {}, 'such an object'],
    ['an object without a prototype', Object.create(null), 'such an object'],
    ['a list', ['x'], 'an Array: Readable.from() makes a stream of it'],
    ['a path that is no string', { path: 5 }, 'such an object'],
    ['a URL that is no string', { href: 5 }, 'such an object'],
    ['an object with a pipe that is none', { pipe: true }, 'such an object'],
    ['a web stream', new ReadableStream(), 'a ReadableStream: Readable.fromWeb() makes a stream of it'],
    ['a Blob', new Blob(['x']), 'a Blob: Buffer.from(await content.arrayBuffer()) makes a Buffer of it'],
    ['an ArrayBuffer', new ArrayBuffer(1), 'an ArrayBuffer: Buffer.from() makes a Buffer of it'],
    ['a generator', (async function* () {})(), 'such an object: Readable.from() makes a stream of it'],
  ])('%s is not, and what it is and how it can be sent is told', async (_what, content, name) => {
    await expect(read(content)).rejects.toMatchObject({
      code: 'EMESSAGE',
      permanent: true,
      message: `attachment "a.bin": content must be a string, Buffer, stream, { path } or { href }, not ${name}; nothing was sent`,
    });
  });

  test('an error that Nodemailer put there is told', async () => {
    const cause = new Error('the template is missing');
    await expect(read(cause)).rejects.toMatchObject({
      code: 'EMESSAGE',
      permanent: true,
      cause,
      message: 'attachment "a.bin" cannot be read: the template is missing',
      hint: 'Nothing was sent.',
    });
  });

  test('the same object is read once, equal strings each for themselves', async () => {
    const reader = createReader();
    const stream = Readable.from(['x']);
    const [first, second] = await Promise.all([reader.read(createMimeNode(), stream, 'a'), reader.read(createMimeNode(), stream, 'b')]);
    expect(second).toBe(first);
    expect(await reader.read(createMimeNode(), 'x', 'a')).not.toBe(await reader.read(createMimeNode(), 'x', 'b'));
  });
});

describe('pieces', () => {
  const bytes = randomBytes(3 * MOST + 10);
  const sources: [string, () => Promise<ContentSource>][] = [
    ['memory', () => Promise.resolve(new BufferContent(bytes))],
    ['a file', () => read({ path: file('pieces.bin', bytes) })],
  ];

  describe.each(sources)('of %s', (_what, make) => {
    test.each([
      [0, bytes.length],
      [0, 128 * 1024],
      [0, 128 * 1024 + 1],
      [5, MOST],
      [1, bytes.length],
      [bytes.length - 10, 1000],
      [bytes.length - 1, 1],
      [bytes.length, 1],
      [0, 0],
    ])('from %i, at most %i', async (start, length) => {
      const pieces = await collect(await make(), start, length);
      expect(Buffer.concat(pieces).equals(bytes.subarray(start, start + length))).toBe(true);
      expect(Math.min(1, ...pieces.map((piece) => piece.length))).toBe(1);
      expect(Math.max(0, ...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(MOST);
    });

    test('can be asked for again, and left in the middle', async () => {
      const source = await make();
      for await (const piece of source.pieces(0, source.size)) {
        expect(piece.equals(bytes.subarray(0, piece.length))).toBe(true);
        expect(piece.length).toBeLessThan(source.size);
        break;
      }
      expect(Buffer.concat(await collect(source)).equals(bytes)).toBe(true);
      expect((await source.bytes()).equals(bytes)).toBe(true);
    });
  });
});

describe('a file', () => {
  test.each<[string, () => string, RegExp]>([
    ['that is not there', () => join(folder, 'missing.pdf'), /^attachment "a\.bin" cannot be read: ENOENT.*missing\.pdf/],
    ['that is a folder', () => folder, /cannot be read: .* is not a file$/],
  ])('%s', async (_what, path, message) => {
    await expect(read({ path: path() })).rejects.toMatchObject({
      code: 'EMESSAGE',
      permanent: true,
      message: expect.stringMatching(message),
    });
  });

  test('of more than Graph takes is refused before anything is read', async () => {
    const path = file('large.bin');
    truncateSync(path, MAX_CONTENT);
    expect((await read({ path })).size).toBe(150 * 1024 * 1024);
    truncateSync(path, MAX_CONTENT + 1);
    await expect(read({ path })).rejects.toMatchObject({ code: 'EMESSAGE', message: expect.stringContaining('larger than the 150 MB') });
  });

  test('that says it has no bytes is read all the same', async () => {
    if (process.platform !== 'linux') return;
    expect((await (await read({ path: '/proc/self/status' })).bytes()).toString()).toMatch(/^Name:/);
  });

  const changes: [string, (path: string) => void][] = [
    ['longer', (path) => writeFileSync(path, 'content and more')],
    ['shorter', (path) => truncateSync(path, 3)],
    ['empty', (path) => truncateSync(path, 0)],
    ['written again', (path) => utimesSync(path, new Date(), new Date(Date.now() + 5000))],
    [
      'longer, but as old',
      (path) => {
        const { atime, mtime } = statSync(path);
        writeFileSync(path, 'content and more');
        utimesSync(path, atime, mtime);
      },
    ],
    ['gone', (path) => rmSync(path)],
    [
      'another file with the same name, size and time',
      (path) => {
        const { atime, mtime } = statSync(path);
        linkSync(path, `${path}.kept`);
        writeFileSync(`${path}.new`, 'CONTENT');
        utimesSync(`${path}.new`, atime, mtime);
        renameSync(`${path}.new`, path);
      },
    ],
  ];
  test.each(changes)('that is %s by now is not sent', async (what, change) => {
    const path = file(`changing-${what}.txt`);
    // whole seconds survive utimes() exactly
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    const source = await read({ path });
    change(path);
    const refusal = {
      code: 'EMESSAGE',
      permanent: false,
      message: expect.stringMatching(
        /^the file changing-.*\.txt changed or disappeared while the message was being sent.*; nothing was sent$/,
      ),
      hint: 'Send again once the file is complete.',
    };
    await expect(source.bytes()).rejects.toMatchObject(refusal);
    await expect(collect(source)).rejects.toMatchObject(refusal);
  });

  test('tells why it cannot be read any more', async () => {
    const path = file('why.txt');
    const source = await read({ path });
    rmSync(path);
    await expect(source.bytes()).rejects.toMatchObject({ message: expect.stringContaining('(ENOENT'), cause: { code: 'ENOENT' } });
    mkdirSync(path);
    await expect(source.bytes()).rejects.toMatchObject({ message: expect.stringContaining('(EISDIR'), cause: { code: 'EISDIR' } });
  });

  test('may be used by as many as want to', async () => {
    const source = await read({ path: file('shared.bin', randomBytes(2 * MOST)) });
    const [one, other] = await Promise.all([collect(source), collect(source)]);
    expect(Buffer.concat(one).equals(Buffer.concat(other))).toBe(true);
  });

  test('of the app is not removed', async () => {
    const path = file('kept.txt');
    const source = await read({ path });
    await source.dispose();
    expect(statSync(path).size).toBe(7);
  });
});

describe('file and URL access', () => {
  function below(flag: 'disableFileAccess' | 'disableUrlAccess'): MimeTreeNode {
    const root = createMimeNode();
    const node = createMimeNode();
    root[flag] = true;
    node.parentNode = createMimeNode();
    node.parentNode.parentNode = root;
    return node;
  }

  test('is closed for a whole message', async () => {
    const path = file('closed.txt');
    await expect(read({ path }, below('disableFileAccess'))).rejects.toMatchObject({
      code: 'EMESSAGE',
      permanent: true,
      message: `attachment "a.bin" cannot be read: file access is disabled (disableFileAccess), but it is to be read from ${path}`,
    });
    expect((await read({ path }, below('disableUrlAccess'))).size).toBe(7);
  });

  test('the URL, which may hold a secret, is not named', async () => {
    await expect(read({ href: 'http://127.0.0.1:9/?key=1234' }, below('disableUrlAccess'))).rejects.toMatchObject({
      code: 'EMESSAGE',
      message: 'attachment "a.bin" cannot be read: URL access is disabled (disableUrlAccess), but it is to be fetched from a URL',
    });
  });
});

describe('a URL', () => {
  let server: Server;
  let base: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      response.statusCode = request.url === '/missing' ? 404 : 200;
      response.end(`key ${String(request.headers['x-key'])}`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test('is fetched once, with its headers', async () => {
    const source = await read({ href: `${base}/a`, httpHeaders: { 'X-Key': '1234' } });
    expect((await source.bytes()).toString()).toBe('key 1234');
    expect((await source.bytes()).toString()).toBe('key 1234');
  });

  test('wins where there is a path, too', async () => {
    expect((await (await read({ href: `${base}/a`, path: join(folder, 'missing') })).bytes()).toString()).toBe('key undefined');
  });

  test('that answers with an error', async () => {
    await expect(read({ href: `${base}/missing` })).rejects.toMatchObject({
      code: 'EMESSAGE',
      message: expect.stringMatching(/^attachment "a\.bin" cannot be read: .*404/),
    });
  });
});

test('a connection that breaks after its URL was given up ends nothing else', async () => {
  const sockets: Socket[] = [];
  const silent = createTcpServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const href = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`;
  const reading = createReader({ idleTimeout: 100 }).read(createMimeNode(), { href }, 'the text');
  await expect(reading).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  expect(sockets).toHaveLength(1);
  sockets[0]?.resetAndDestroy();
  // an 'error' event without a listener would be an uncaught exception
  await new Promise((resolve) => setTimeout(resolve, 50));
  await new Promise((resolve) => silent.close(resolve));
});

describe('a stream', () => {
  test('that fails', async () => {
    const stream = quiet(new PassThrough());
    const reading = read(stream);
    stream.destroy(Object.assign(new Error('the bucket is gone'), { code: 'ENOTFOUND' }));
    await expect(reading).rejects.toMatchObject({
      code: 'EMESSAGE',
      permanent: true,
      message: expect.stringContaining('the bucket is gone'),
    });
  });

  test.each<[string, () => Promise<Readable>]>([
    [
      'read to its end',
      async () => {
        const stream = Readable.from(['x'], { autoDestroy: false });
        for await (const _ of stream);
        return stream;
      },
    ],
    [
      'destroyed',
      async () => {
        const stream = new PassThrough();
        stream.destroy();
        return stream;
      },
    ],
  ])('that was %s before', async (_what, make) => {
    await expect(read(await make())).rejects.toMatchObject({
      code: 'EMESSAGE',
      message: 'attachment "a.bin" cannot be read: its stream was already read or destroyed',
    });
  });

  test('that had failed before says why', async () => {
    const stream = quiet(new PassThrough());
    stream.destroy(new Error('the bucket is gone'));
    await new Promise(setImmediate);
    await expect(read(stream)).rejects.toMatchObject({ message: expect.stringContaining('the bucket is gone') });
  });

  test('of the old style, without an async iterator', async () => {
    // what packages of the time inherit from
    const old = Object.assign(new Stream(), { pause: () => undefined, resume: () => undefined, readable: true });
    const reading = read(old);
    setImmediate(() => {
      old.emit('data', Buffer.from('con'));
      old.emit('data', Buffer.from('tent'));
      old.emit('end');
    });
    expect((await (await reading).bytes()).toString()).toBe('content');
  });

  test.each([null, undefined])('of the old style that gives %s is an error, and not an uncaught one', async (piece) => {
    const old = Object.assign(new Stream(), { pause: () => undefined, resume: () => undefined, readable: true });
    const reading = read(old);
    setImmediate(() => {
      old.emit('data', Buffer.from('con'));
      old.emit('data', piece);
      old.emit('end');
    });
    await expect(reading).rejects.toMatchObject({ code: 'EMESSAGE', message: expect.stringContaining(`its stream gives ${piece} where`) });
  });

  test('that falls silent is given up, and may be sent again later', async () => {
    const stream = quiet(new PassThrough());
    stream.write('x');
    await expect(createReader({ idleTimeout: 20 }).read(createMimeNode(), stream, 'the text')).rejects.toMatchObject({
      code: 'ETIMEDOUT',
      permanent: false,
      message: 'the text cannot be read: gave no data for 20 ms (socketTimeout)',
    });
    expect(stream.destroyed).toBe(true);
  });

  test('whose next piece has arrived when the timer fires late, as after a freeze, is read on', async () => {
    const timers = jest.spyOn(globalThis, 'setTimeout');
    const stream = quiet(new PassThrough());
    stream.write('con');
    const reading = createReader({ idleTimeout: 86_400_007 }).read(createMimeNode(), stream, 'the text');
    await new Promise(setImmediate);
    const fire = timers.mock.calls.find(([, ms]) => ms === 86_400_007)?.[0];
    timers.mockRestore();
    fire?.();
    stream.end('tent');
    expect((await (await reading).bytes()).toString()).toBe('content');
    expect(fire).toBeDefined();
  });

  test('that is slow, but not silent, is waited for', async () => {
    async function* slow() {
      for (let count = 0; count < 6; count++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        yield Buffer.from('x');
      }
    }
    const source = await createReader({ idleTimeout: 400 }).read(createMimeNode(), Readable.from(slow()), 'the text');
    expect(source.size).toBe(6);
  });

  test('ends with an abort, whose reason is told as it is', async () => {
    const controller = new AbortController();
    const stream = quiet(new PassThrough());
    const reading = createReader({ signal: controller.signal }).read(createMimeNode(), stream, 'the text');
    const reason = new Error('no longer needed');
    setImmediate(() => controller.abort(reason));
    await expect(reading).rejects.toBe(reason);
    expect(stream.destroyed).toBe(true);
  });

  test('is not begun after an abort', async () => {
    const reason = new Error('no longer needed');
    const stream = Readable.from(['x']);
    await expect(createReader({ signal: AbortSignal.abort(reason) }).read(createMimeNode(), stream, 'the text')).rejects.toBe(reason);
    expect(stream.readableDidRead).toBe(false);
  });

  test('leaves no listener behind', async () => {
    const { signal } = new AbortController();
    const remove = jest.spyOn(signal, 'removeEventListener');
    const add = jest.spyOn(signal, 'addEventListener');
    await createReader({ signal }).read(createMimeNode(), Readable.from(['x']), 'the text');
    const watched = add.mock.calls.map(([event]) => event);
    expect(watched).toContain('abort');
    expect(remove.mock.calls.filter(([event]) => event === 'abort').length).toBeGreaterThanOrEqual(1);
  });

  test('of more than Graph takes is refused as soon as that is known', async () => {
    const chunk = Buffer.alloc(10 * 1024 * 1024);
    let given = 0;
    function* endless() {
      for (;;) {
        given++;
        yield chunk;
      }
    }
    await expect(read(quiet(Readable.from(endless(), { objectMode: true, highWaterMark: 1 })))).rejects.toMatchObject({
      code: 'EMESSAGE',
      permanent: true,
      message: 'attachment "a.bin" cannot be read: it is larger than the 150 MB Graph takes',
    });
    expect(given).toBeLessThan(20);
    expect(spooled()).toEqual([]);
  });
});

describe('what does not fit into memory', () => {
  const half = MEMORY_LIMIT / 2;

  test.each([
    ['exactly the limit stays there', [MEMORY_LIMIT], 0],
    ['one byte more goes to a file', [MEMORY_LIMIT + 1], 1],
    ['and so does what comes behind it', [MEMORY_LIMIT + 1000], 1],
    ['the streams of one message count together', [half, half, 1], 1],
    ['and only what was kept counts', [half, MEMORY_LIMIT, half], 1],
  ])('%s', async (_what, sizes, files) => {
    const reader = createReader();
    const sources: [Buffer, ContentSource][] = [];
    for (const size of sizes) {
      const bytes = randomBytes(size);
      const end = Math.max(100_000, size - 10);
      // the first is kept, the second may be too much, the third comes behind it
      const chunks = [bytes.subarray(0, 100_000), bytes.subarray(100_000, end), bytes.subarray(end)];
      sources.push([bytes, await reader.read(createMimeNode(), Readable.from(chunks), 'a stream')]);
    }
    // open, but no longer in the folder: a process that is killed leaves none
    if (process.platform === 'linux') expect(openSpools()).toEqual(Array.from({ length: files }, () => 0o600));
    if (process.platform !== 'win32') expect(spooled()).toEqual([]);
    for (const [bytes, source] of sources) {
      expect(source.size).toBe(bytes.length);
      expect((await source.bytes()).equals(bytes)).toBe(true);
      expect(Buffer.concat(await collect(source)).equals(bytes)).toBe(true);
    }
    await reader.dispose();
    if (process.platform === 'linux') expect(openSpools()).toEqual([]);
    expect(spooled()).toEqual([]);
  });

  test('a stream that fails leaves no file', async () => {
    function* broken() {
      yield Buffer.alloc(MEMORY_LIMIT + 1);
      yield Buffer.alloc(10);
      throw new Error('broken off');
    }
    const reader = createReader();
    await expect(reader.read(createMimeNode(), quiet(Readable.from(broken())), 'a stream')).rejects.toMatchObject({ code: 'EMESSAGE' });
    expect(spooled()).toEqual([]);
    // what failed has nothing to remove
    await reader.dispose();
  });

  test('a Buffer is not copied, whatever its size', async () => {
    const buffer = Buffer.alloc(MEMORY_LIMIT * 2, 1);
    const source = await read(buffer);
    expect((await source.bytes()).buffer).toBe(buffer.buffer);
    expect(spooled()).toEqual([]);
    await expect(source.dispose()).resolves.toBeUndefined();
  });

  test('a Buffer of more than Graph takes is refused', async () => {
    await expect(read(Buffer.allocUnsafe(MAX_CONTENT + 1))).rejects.toMatchObject({ code: 'EMESSAGE', permanent: true });
  });

  test('a file that somebody else removed is no error', async () => {
    const reader = createReader();
    await reader.read(createMimeNode(), Readable.from([Buffer.alloc(MEMORY_LIMIT + 1)]), 'a stream');
    for (const name of spooled()) rmSync(join(tmpdir(), name));
    await expect(reader.dispose()).resolves.toBeUndefined();
  });
});
