import { sample } from '../support/sample.js';
import { Bench, CHUNK, MEBIBYTE, REQUEST, expected, file } from './harness.js';

const bench = new Bench();
// ids of the same length, so that the byte counts compare
const messageId = '<0123456789@contoso.com>';

/** Bytes of the request that carried the message or made its draft, and the route. */
async function measure(data: object, options: object = {}) {
  bench.sandbox.clear();
  const { route, format } = await bench.send({ messageId, ...data }, { onLoss: 'ignore', ...options });
  const [first] = bench.sandbox.requests.filter(({ operation }) => operation === 'sendMail' || operation === 'createDraft');
  return { route, format, bytes: first?.bytes ?? 0 };
}

/** 7bit lines: one byte more is one byte more in the MIME message. */
const lines = (bytes: number) => 'abcdefghijklmnopqrstuvwxyz0123456789\r\n'.repeat(bytes / 38) + 'x'.repeat(bytes % 38);
const plainFile = (bytes: number) => ({
  attachments: [{ filename: 'a.txt', content: lines(bytes), contentType: 'text/plain', contentTransferEncoding: '7bit' as const }],
});

describe('the last message that goes by sendMail fills the request to the byte', () => {
  test.each([
    ['text', (bytes: number) => ({ text: 'x'.repeat(bytes) }), {}],
    ['text that is not saved', (bytes: number) => ({ text: 'x'.repeat(bytes) }), { saveToSentItems: false }],
    [
      'text with attachments',
      (bytes: number) => ({ text: 'x'.repeat(bytes), attachments: [file('a.bin', 1_000), file('b.bin', 1_001)] }),
      {},
    ],
    [
      'text with many recipients',
      (bytes: number) => ({ text: 'x'.repeat(bytes), to: Array.from({ length: 400 }, (_, index) => `reader-${index}@example.com`) }),
      {},
    ],
  ])('JSON: %s', async (_what, message, options) => {
    const small = await measure(message(1_000), { format: 'json', ...options });
    const room = REQUEST - small.bytes + 1_000;
    expect(await measure(message(room), { format: 'json', ...options })).toEqual({ route: 'sendMail', format: 'json', bytes: REQUEST });
    const draft = await measure(message(room + 1), { format: 'json', ...options });
    expect(draft.route).toBe('draft');
    expect(draft.bytes).toBeLessThanOrEqual(REQUEST);
  });

  test('JSON: attachments, whose base64 grows by four bytes at once', async () => {
    const message = (bytes: number) => ({ attachments: [file('a.bin', bytes)] });
    const small = await measure(message(3_000), { format: 'json' });
    const room = 3_000 + Math.floor((REQUEST - small.bytes) / 4) * 3;
    const last = await measure(message(room), { format: 'json' });
    expect(last.route).toBe('sendMail');
    expect(REQUEST - last.bytes).toBeLessThan(4);
    expect((await measure(message(room + 1), { format: 'json' })).route).toBe('draft');
  });

  test('MIME, whose base64 grows by four bytes for every three', async () => {
    const small = await measure(plainFile(1_000), { format: 'mime' });
    const near = (REQUEST / 4) * 3 - (small.bytes / 4) * 3 + 1_000;
    let [fits, tooLarge] = [near - 16, near + 16];
    while (tooLarge - fits > 1) {
      const middle = Math.floor((fits + tooLarge) / 2);
      if ((await measure(plainFile(middle), { format: 'mime' })).route === 'sendMail') fits = middle;
      else tooLarge = middle;
    }
    expect(await measure(plainFile(fits), { format: 'mime' })).toEqual({ route: 'sendMail', format: 'mime', bytes: REQUEST });
    expect((await measure(plainFile(tooLarge), { format: 'mime' })).route).toBe('draft');
  });
});

test('a body too large for sendMail alone still goes by way of a draft, which wraps it in less', async () => {
  const small = await measure({ text: 'x'.repeat(1_000) }, { format: 'json' });
  const room = REQUEST - small.bytes + 1_000;
  expect(await measure({ text: 'x'.repeat(room + 12) }, { format: 'json' })).toEqual({ route: 'draft', format: 'json', bytes: REQUEST });
  bench.sandbox.clear();
  const error = await bench.refusal({ messageId, text: 'x'.repeat(room + 13) }, { format: 'json' });
  expect(error).toMatchObject({ code: 'EMESSAGE', permanent: true, message: expect.stringContaining(`${REQUEST + 1} bytes`) });
  expect(bench.operations()).toEqual([]);
});

describe.each(sample(['json', 'mime'] as const, { count: 1 }))('as %s', (format) => {
  test('only what does not fit is uploaded: the largest', async () => {
    const files = [file('small.bin', 400_000), file('large.bin', 2_000_000), file('middle.bin', 700_000), file('other.bin', 900_000)];
    await bench.send({ attachments: files }, { format });
    expect(bench.operations()).toEqual(['createDraft', 'addAttachment', 'send']);
    expect(bench.requestsFor('addAttachment')[0]?.body).toMatchObject({ name: 'large.bin' });
    expect(bench.arrived().sort()).toEqual(expected(files).sort());
  });

  test('a thousand small files together are a large message', async () => {
    const files = Array.from({ length: 1_000 }, (_, index) => file(`${index}.bin`, 3_200));
    const info = await bench.send({ attachments: files }, { format });
    expect(info.route).toBe('draft');
    expect(bench.requestsFor('createDraft')[0]?.bytes).toBeGreaterThan(REQUEST - 50_000);
    expect(bench.arrived().sort()).toEqual(expected(files).sort());
  });

  test('each file goes the way its size demands, in the order of the message', async () => {
    const sizes = [2 * CHUNK + 1, 0, 3 * MEBIBYTE, CHUNK - 1, 3 * MEBIBYTE - 1_000, CHUNK, 1, CHUNK + 1];
    const files = sizes.map((size) => file(`${size}.bin`, size));
    await bench.send({ attachments: files }, { format });
    const byRequest = bench.requestsFor('addAttachment').map(({ body }) => (body as { name: string }).name);
    const bySession = bench
      .requestsFor('createUploadSession')
      .map(({ body }) => (body as { AttachmentItem: { name: string } }).AttachmentItem.name);
    expect(bySession).toEqual(sizes.filter((size) => size >= 3 * MEBIBYTE).map((size) => `${size}.bin`));
    expect(byRequest).toEqual(format === 'mime' ? [`${3 * MEBIBYTE - 1_000}.bin`] : []);
    expect(bench.arrived().sort()).toEqual(expected(files).sort());
    // a number of chunks for each session
    expect(bench.requestsFor('uploadChunk')).toHaveLength(3 + 1 + 1 + 1 + 2);
    for (const { bytes } of bench.requestsFor('uploadChunk')) expect(bytes).toBeLessThanOrEqual(CHUNK);
  });
});

describe('a file a hundred bytes below 3 MiB, too large for a request', () => {
  const small = new Bench({ minUploadSize: 2 * MEBIBYTE });

  test.each(['json', 'mime'] as const)('takes an upload session where Graph makes one, as %s', async (format) => {
    const files = [file('a.bin', 3 * MEBIBYTE - 1)];
    await small.send({ attachments: files }, { format });
    expect(small.operations()).toEqual(['createDraft', 'createUploadSession', 'uploadChunk', 'send']);
    expect(small.arrived()).toEqual(expected(files));
  });

  test.each(['json', 'mime'] as const)('is refused with advice where Graph does not, as %s', async (format) => {
    const error = await bench.refusal({ attachments: [file('a.bin', 3 * MEBIBYTE - 1)] }, { format });
    expect(error).toMatchObject({ code: 'EMESSAGE', permanent: true, hint: expect.stringMatching(/smaller or larger/) });
    bench.expectNothingLeft();
  });
});
