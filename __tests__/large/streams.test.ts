import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { runScript } from '../reliability/support/run-script.js';
import { sample } from '../support/sample.js';

// Streams of every make, in a process of their own: archiver 8 is an ES module, and jest has other realms.

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterEach(() => sandbox.clear());
afterAll(() => sandbox.close());

/** Each makes a stream of `bytes`, or of an archive with them. */
const MAKERS = `
  import { Readable as NodeReadable, Stream, PassThrough } from 'node:stream';
  import { createServer } from 'node:http';
  import { once } from 'node:events';
  import { randomBytes } from 'node:crypto';
  import { ZipArchive } from 'archiver';
  import archiver7 from 'archiver-7';
  import tar from 'tar-stream';
  import readableStream from 'readable-stream';
  import { Readable as StreamxReadable, PassThrough as StreamxPassThrough } from 'streamx';
  import CombinedStream from 'combined-stream';

  const halves = (bytes) => [bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1)];
  // answers as S3 and axios get them
  const server = createServer((request, response) => {
    const [first, second] = halves(served);
    response.writeHead(200, { 'content-length': served.length });
    response.write(first);
    if (request.url === '/broken') setTimeout(() => response.destroy(), 50);
    else setTimeout(() => response.end(second), 10);
  });
  let served = Buffer.alloc(0);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  server.unref();
  const url = 'http://127.0.0.1:' + server.address().port;
  const { get } = await import('node:http');
  const incoming = (path) => new Promise((resolve) => get(url + path, { agent: false }, resolve));

  const archives = {
    'archiver 8': (bytes) => { const zip = new ZipArchive(); zip.append(bytes, { name: 'a.bin' }); zip.finalize(); return zip; },
    'archiver 7': (bytes) => { const zip = archiver7('zip'); zip.append(bytes, { name: 'a.bin' }); zip.finalize(); return zip; },
    'archiver 7, tar': (bytes) => { const zip = archiver7('tar'); zip.append(bytes, { name: 'a.bin' }); zip.finalize(); return zip; },
    'tar-stream 3': (bytes) => { const pack = tar.pack(); pack.entry({ name: 'a.bin' }, bytes); pack.finalize(); return pack; },
  };
  const makers = {
    'readable-stream 4': (bytes) => readableStream.Readable.from(halves(bytes)),
    'readable-stream 4, PassThrough': (bytes) => { const s = new readableStream.PassThrough(); for (const half of halves(bytes)) s.write(half); s.end(); return s; },
    'streamx': (bytes) => { const parts = halves(bytes); return new StreamxReadable({ read(done) { this.push(parts.shift() ?? null); done(null); } }); },
    'streamx, PassThrough': (bytes) => { const s = new StreamxPassThrough(); for (const half of halves(bytes)) s.write(half); s.end(); return s; },
    'streamx, from': (bytes) => StreamxReadable.from(halves(bytes)),
    'combined-stream': (bytes) => { const s = CombinedStream.create(); for (const half of halves(bytes)) s.append(NodeReadable.from([half])); return s; },
    'combined-stream of buffers': (bytes) => { const s = CombinedStream.create(); for (const half of halves(bytes)) s.append(half); return s; },
    'a web stream': (bytes) => NodeReadable.fromWeb(new Blob(halves(bytes)).stream()),
    'a web stream of fetch': async (bytes) => { served = bytes; return NodeReadable.fromWeb((await fetch(url + '/')).body); },
    'an S3 or axios body': (bytes) => { served = bytes; return incoming('/'); },
    'a body with mixed-in helpers': async (bytes) => { served = bytes; return Object.assign(await incoming('/'), { transformToString: () => '' }); },
    'an old stream': (bytes) => { const s = Object.assign(new Stream(), { readable: true }); setTimeout(() => { for (const half of halves(bytes)) s.emit('data', half); s.emit('end'); s.emit('close'); }, 10); return s; },
    'a generator': (bytes) => NodeReadable.from(halves(bytes)),
    'an object stream of text': (bytes) => NodeReadable.from([bytes.toString('latin1')], { objectMode: true }),
  };
`;

test.each(
  sample(
    [
      ['small', 5000],
      ['larger than memory holds', 4 * 1024 * 1024],
    ] as const,
    { count: 1 },
  ),
)('%s: arrive whole, byte for byte', async (_, size) => {
  const { stdout } = await runScript(
    sandbox,
    `${MAKERS}
    import { createHash } from 'node:crypto';
    const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');
    const transporter = create({ maxConnections: 1 });
    const expected = {};
    for (const [name, make] of Object.entries({ ...makers, ...archives })) {
      const bytes = name === 'an object stream of text' ? Buffer.alloc(${size}, 'text') : randomBytes(${size});
      expected[name] = hash(bytes);
      await transporter.sendMail({ ...mail, subject: name, attachments: [{ filename: 'a.bin', content: await make(bytes) }] })
        .catch((error) => { expected[name] = error.message; });
    }
    transporter.close();
    console.log(JSON.stringify(expected));`,
  );
  const expected = JSON.parse(stdout) as Record<string, string>;
  const { createHash } = await import('node:crypto');
  const arrived = Object.fromEntries(
    sandbox.messages.map(({ subject, attachments: [file] }) => {
      const content = file?.content ?? Buffer.alloc(0);
      if (/^archiver/.test(subject) && !subject.includes('tar')) {
        // it ends with its directory, of one file
        const directory = content.subarray(-22);
        return [subject, directory.readUInt32LE(0) === 0x06054b50 && directory.readUInt16LE(10) === 1 ? 'zip' : 'no zip'];
      }
      if (subject.includes('tar')) {
        const length = parseInt(content.subarray(124, 136).toString(), 8);
        return [
          subject,
          createHash('sha256')
            .update(content.subarray(512, 512 + length))
            .digest('hex'),
        ];
      }
      return [subject, createHash('sha256').update(content).digest('hex')];
    }),
  );
  for (const name of ['archiver 7', 'archiver 8']) if (/^[0-9a-f]{64}$/.test(expected[name] ?? '')) expected[name] = 'zip';
  expect(Object.keys(expected)).toHaveLength(18);
  expect(arrived).toEqual(expected);
});

test('that end before their end are an error, and nothing is sent', async () => {
  const { stdout } = await runScript(
    sandbox,
    `${MAKERS}
    served = Buffer.alloc(5000);
    const cut = (stream) => { stream.write?.('some'); setTimeout(() => stream.destroy(), 20); return stream; };
    const broken = {
      'node': () => cut(new PassThrough()),
      'node, with an error': () => { const s = new PassThrough(); s.write('some'); setTimeout(() => s.destroy(new Error('broken off')), 20); return s; },
      'readable-stream 4': () => cut(new readableStream.PassThrough()),
      'streamx': () => cut(new StreamxPassThrough()),
      'tar-stream 3': () => { const pack = tar.pack(); pack.entry({ name: 'a', size: 9 }); return cut(pack); },
      'an S3 or axios body': () => incoming('/broken'),
      'combined-stream': () => { const s = CombinedStream.create(); s.append('some'); s.append(cut(new PassThrough())); return s; },
      'of objects': () => NodeReadable.from([{ a: 1 }]),
      'of objects, after much text': () => NodeReadable.from(['x'.repeat(4_000_000), { a: 1 }]),
    };
    const transporter = create({ maxConnections: 1, socketTimeout: 2000 });
    const told = {};
    for (const [name, make] of Object.entries(broken)) {
      told[name] = await transporter.sendMail({ ...mail, attachments: [{ filename: 'a.bin', content: await make() }] })
        .then(() => 'sent', ({ code, message }) => code + ' ' + message);
    }
    transporter.close();
    console.log(JSON.stringify(told));`,
  );
  const told = JSON.parse(stdout) as Record<string, string>;
  expect(Object.keys(told)).toHaveLength(9);
  for (const [name, text] of Object.entries(told))
    expect(`${name}: ${text}`).toMatch(/: (EMESSAGE|ETIMEDOUT) attachment "a\.bin" cannot be read: /);
  expect(told['of objects']).toContain('its stream gives objects where bytes or text belong');
  expect(sandbox.messages).toHaveLength(0);
});
