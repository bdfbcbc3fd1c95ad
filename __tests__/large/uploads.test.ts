import nodemailer from 'nodemailer';
import type { UploadProgress } from '../../lib/index.js';
import { nextExpected } from '../../lib/delivery/upload.js';
import type { FaultRule } from '../../lib/sandbox/index.js';
import { expireAnswers, REQUEST_TIMEOUT } from '../support/expire-answers.js';
import { sample } from '../support/sample.js';
import { Bench, CHUNK, expected, file, mail } from './harness.js';

const bench = new Bench();
const files = [file('three-chunks.bin', 2 * CHUNK + 1_000)];

const noToken = () => {
  for (const { headers } of [...bench.requestsFor('uploadChunk'), ...bench.requestsFor('getUploadSession')]) {
    expect(headers).not.toHaveProperty('authorization');
  }
};

describe.each([
  ['first', 0],
  ['middle', 1],
  ['last', 2],
])('the %s chunk', (_which, skip) => {
  const passing: [string, FaultRule][] = [
    ...[409, 412, 429, 500, 502, 503, 504].map((status): [string, FaultRule] => [`${status}`, { status }]),
    ...[500, 503].map((status): [string, FaultRule] => [`${status} although it was taken`, { status, accepted: true }]),
    ['a reset', { cut: 'reset' }],
    ['a reset although it was taken', { cut: 'reset', accepted: true }],
    ['a broken answer', { cut: 'truncate', accepted: true }],
    ['an answer that never ends', { cut: 'trickle', accepted: true }],
  ];

  test.each(sample(passing, { count: 4 }))('goes on after %s where the session is', async (_fault, rule) => {
    const fault = bench.sandbox.fail({ operation: 'uploadChunk', skip, ...rule });
    const send = () => bench.send({ attachments: files }, { requestTimeout: REQUEST_TIMEOUT });
    const info = await (rule.cut === 'trickle' ? expireAnswers(fault, send) : send());
    expect(fault.hits).toBe(1);
    expect(bench.arrived()).toEqual(expected(files));
    expect(bench.sandbox.drafts).toEqual([]);
    expect(info.route).toBe('draft');
    // what was there is not sent again
    expect(bench.requestsFor('createUploadSession')).toHaveLength(1);
    noToken();
  });

  test.each([401, 404, 410])('starts again with another session after %i', async (status) => {
    // 404 on the first chunk may be a session that is not known everywhere yet
    const fault = bench.sandbox.fail({ operation: 'uploadChunk', skip, status, times: skip === 0 && status === 404 ? 3 : 1 });
    await bench.send({ attachments: files });
    expect(fault.hits).toBeGreaterThan(0);
    expect(bench.arrived()).toEqual(expected(files));
    expect(bench.requestsFor('createUploadSession')).toHaveLength(2);
    noToken();
  });

  const lasting: [string, FaultRule][] = [
    ['500', { status: 500 }],
    ['404', { status: 404 }],
    ['a reset', { cut: 'reset' }],
    ['413', { status: 413 }],
    ['a size limit', { status: 400, code: 'ErrorMessageSizeExceeded', message: 'The message exceeds the maximum supported size.' }],
  ];

  test.each(sample(lasting, { count: 2 }))('that meets %s every time is an error and leaves nothing', async (_fault, rule) => {
    bench.sandbox.fail({ operation: 'uploadChunk', skip, times: Infinity, ...rule });
    const error = await bench.refusal({ attachments: files });
    expect(error).toMatchObject({ ambiguous: false, message: expect.stringMatching(/upload "three-chunks\.bin".*nothing was sent/) });
    expect(error.message).not.toContain('authtoken');
    bench.expectNothingLeft();
    noToken();
  });
});

test.each(['createDraft', 'createUploadSession'] as const)('%s is repeated, and two drafts are never left', async (operation) => {
  for (const rule of [
    { status: 503 },
    { status: 500 },
    { cut: 'reset' },
    { cut: 'reset', accepted: true },
    { cut: 'truncate', accepted: true },
  ]) {
    bench.sandbox.clear();
    bench.sandbox.fail({ operation, ...rule } as FaultRule);
    await bench.send({ attachments: files });
    expect(bench.arrived()).toEqual(expected(files));
    expect(bench.sandbox.drafts).toEqual([]);
  }
});

test('a draft made anew is not mistaken for a message sent before with the same Message-ID', async () => {
  const messageId = '<again@contoso.com>';
  await bench.send({ messageId, text: 'the first' });
  bench.sandbox.fail({ operation: 'createDraft', status: 500 });
  await bench.send({ messageId, attachments: files });
  expect(bench.sandbox.messages.map(({ text, attachments }) => [text, attachments.length])).toEqual([
    ['the first', 0],
    ['Hello', 1],
  ]);
});

test('two files of one name are told apart when an answer is lost', async () => {
  const twins = [file('twin.bin', CHUNK + 1), file('twin.bin', CHUNK + 2)];
  bench.sandbox.fail({ operation: 'uploadChunk', skip: 3, cut: 'reset', accepted: true });
  await bench.send({ attachments: twins });
  expect(bench.arrived()).toEqual(expected(twins));
});

test('a posted file whose answer is lost is not added twice', async () => {
  const pair = [file('a.bin', 2_200_000), file('b.bin', 2_200_001)];
  bench.sandbox.fail({ operation: 'addAttachment', cut: 'reset', accepted: true });
  await bench.send({ attachments: pair });
  expect(bench.arrived().sort()).toEqual(expected(pair));
});

test('a session that really expired starts again', async () => {
  await using brief = await import('../../lib/sandbox/index.js').then(({ startSandbox }) => startSandbox({ uploadSessionLifetime: 250 }));
  // the second chunk comes too late
  brief.fail({ operation: 'uploadChunk', delay: 300 });
  const transport = bench.create({ ...brief.options });
  await nodemailer.createTransport(transport).sendMail({ ...mail, attachments: files });
  expect(brief.messages[0]?.attachments[0]?.content.equals(files[0]?.content ?? Buffer.alloc(0))).toBe(true);
  expect(brief.requests.filter(({ operation }) => operation === 'createUploadSession')).toHaveLength(2);
  expect(brief.drafts).toEqual([]);
});

test('every request asks for immutable ids, and the upload service gets no token', async () => {
  await bench.send({ attachments: [...files, file('b.bin', 2_900_000)] }, { format: 'mime' });
  expect(bench.operations()).toEqual([
    'createDraft',
    'createUploadSession',
    ...Array<string>(3).fill('uploadChunk'),
    'addAttachment',
    'send',
  ]);
  for (const { operation, headers } of bench.sandbox.requests) {
    if (['createDraft', 'createUploadSession', 'addAttachment', 'send'].includes(operation)) {
      expect(headers).toMatchObject({ prefer: 'IdType="ImmutableId"', authorization: expect.anything() });
    }
  }
  noToken();
});

test('a session without a usable URL is an error, and no content leaves in the clear', async () => {
  bench.sandbox.fail({ operation: 'createUploadSession', status: 201, body: { uploadUrl: 'http://uploads.example.com/session' } });
  expect(await bench.refusal({ attachments: files })).toMatchObject({ code: 'EGRAPH', message: expect.stringMatching(/usable uploadUrl/) });
  expect(bench.requestsFor('uploadChunk')).toEqual([]);
  bench.expectNothingLeft();
});

test('progress tells what Graph has, file after file, and ends with the size of each', async () => {
  const transport = bench.create();
  const seen: UploadProgress[] = [];
  transport.on('progress', (progress: UploadProgress) => seen.push(progress));
  const parts = [file('a.bin', 2 * CHUNK + 5), file('b.bin', 2_900_000), file('c.bin', CHUNK)];
  const { messageId } = await nodemailer.createTransport(transport).sendMail({ ...mail, attachments: parts, graph: { format: 'mime' } });
  const step = (attachment: string, total: number) => (sent: number) => ({ messageId, attachment, sent, total });
  expect(seen).toEqual([
    ...[CHUNK, 2 * CHUNK, 2 * CHUNK + 5].map(step('a.bin', 2 * CHUNK + 5)),
    step('b.bin', 2_900_000)(2_900_000),
    step('c.bin', CHUNK)(CHUNK),
  ]);
});

test.each([
  ['{"nextExpectedRanges":["2097152-"]}', 2_097_152],
  ['{"nextExpectedRanges":["2097152"]}', 2_097_152],
  ['{"NextExpectedRanges":["5-9","12-"]}', 5],
  ['{"nextExpectedRanges":[7]}', 7],
  ['{"nextExpectedRanges":["0-"]}', 0],
  ['{"nextExpectedRanges":[]}', undefined],
  ['{"nextExpectedRanges":"5-"}', undefined],
  ['{"error":{}}', undefined],
  ['null', undefined],
  ['', undefined],
])('reads where to go on from %s', (body, start) => {
  expect(nextExpected(Buffer.from(body))).toBe(start);
});
