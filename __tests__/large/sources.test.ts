import { randomBytes } from 'node:crypto';
import { appendFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Bench, hash, until } from './harness.js';

const bench = new Bench();
const content = randomBytes(6_000_000);

describe('a source', () => {
  let server: Server;
  let url: string;
  beforeAll(async () => {
    server = createServer((_request, response) => void response.end(content));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as { port: number }).port}/a`;
    writeFileSync(join(bench.folder, 'source.bin'), content);
  });
  afterAll(() => server.close());

  const sources: [string, () => object][] = [
    ['a path', () => ({ path: join(bench.folder, 'source.bin') })],
    ['a Buffer', () => ({ content })],
    ['a string', () => ({ content: content.toString('base64'), encoding: 'base64' })],
    ['a stream of unknown length', () => ({ content: Readable.from([content.subarray(0, 1_000_000), content.subarray(1_000_000)]) })],
    ['a stream of single large chunks', () => ({ content: Readable.from([content]) })],
    ['a URL', () => ({ href: url })],
    ['a data URI', () => ({ path: `data:application/octet-stream;base64,${content.toString('base64')}` })],
  ];

  describe.each(['json', 'mime'] as const)('as %s', (format) => {
    test.each(sources)('can be %s', async (_what, source) => {
      const info = await bench.send({ attachments: [{ filename: 'a.bin', ...source() }] }, { format });
      expect(info).toMatchObject({ route: 'draft', format });
      expect(bench.arrived()).toEqual([['a.bin', hash(content)]]);
      expect(bench.temporaryFiles()).toEqual([]);
    });
  });

  (process.platform === 'linux' ? test : test.skip)(
    'that says it has no bytes, as what the system makes up while it is read, is read all the same',
    async () => {
      await bench.send({ attachments: [{ filename: 'version.txt', path: '/proc/version' }] });
      expect(bench.arrived()).toEqual([['version.txt', hash(readFileSync('/proc/version'))]]);
    },
  );

  test('can be read again for another attempt', async () => {
    bench.sandbox.fail({ operation: 'uploadChunk', skip: 1, cut: 'reset' });
    await bench.send({ attachments: [{ filename: 'a.bin', content: Readable.from([content]) }] });
    expect(bench.arrived()).toEqual([['a.bin', hash(content)]]);
  });

  test.each([
    ['grows', (path: string) => appendFileSync(path, 'more')],
    ['shrinks', (path: string) => truncateSync(path, 1_000)],
    ['disappears', (path: string) => rmSync(path)],
  ])('that %s midway is a clear error, and no draft is left', async (what, change) => {
    const path = join(bench.folder, `${what}.bin`);
    writeFileSync(path, content);
    bench.sandbox.fail({ operation: 'createUploadSession', delay: 300 });
    const failed = bench.refusal({ attachments: [{ filename: 'a.bin', path }] });
    await until(() => bench.operations().includes('createDraft'));
    change(path);
    expect(await failed).toMatchObject({ code: 'EMESSAGE', message: expect.stringMatching(/changed or disappeared/) });
    bench.expectNothingLeft();
  });
});
