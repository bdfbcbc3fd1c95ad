import { randomBytes } from 'node:crypto';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import nodemailer from 'nodemailer';
import { startSandbox } from '../../lib/sandbox/index.js';
import { Bench, mail } from './harness.js';

const bench = new Bench();

describe('nothing is sent, with a clear error, for', () => {
  const path = () => {
    const file = join(bench.folder, 'huge.bin');
    writeFileSync(file, '');
    // a sparse file takes no room
    truncateSync(file, 150 * 1024 * 1024 + 1);
    return file;
  };

  test('a file over 150 MB', async () => {
    expect(await bench.refusal({ attachments: [{ filename: 'huge.bin', path: path() }] })).toMatchObject({
      code: 'EMESSAGE',
      message: expect.stringMatching(/150 MB/),
    });
    expect(bench.operations()).toEqual([]);
  });

  test.each(['json', 'mime'] as const)('a body that alone passes the limit, as %s', async (format) => {
    const error = await bench.refusal({ text: undefined, html: 'x'.repeat(5_000_000) }, { format });
    expect(error).toMatchObject({ code: 'EMESSAGE', permanent: true, message: expect.stringMatching(/text or html alone is too large/) });
    expect(bench.operations()).toEqual([]);
  });

  test.each(['json', 'mime'] as const)("route: 'sendMail' with a message too large for it, as %s", async (format) => {
    const error = await bench.refusal(
      { attachments: [{ filename: 'a.bin', content: randomBytes(5_000_000) }] },
      { format, route: 'sendMail' },
    );
    expect(error).toMatchObject({ code: 'EMESSAGE', hint: expect.stringMatching(/Mail\.ReadWrite/) });
    expect(bench.operations()).toEqual([]);
  });

  test('a signed or encrypted message that would have to be split', async () => {
    const transporter = nodemailer.createTransport(bench.create());
    transporter.use('stream', (compiled, done) => {
      compiled.message.processFunc((input) => input);
      done();
    });
    const sending = transporter.sendMail({ ...mail, attachments: [{ filename: 'a.bin', content: randomBytes(5_000_000) }] });
    await expect(sending).rejects.toMatchObject({ code: 'EMESSAGE', message: expect.stringMatching(/cannot be split/) });
    expect(bench.operations()).toEqual([]);
  });
});

test('explains that drafts need Mail.ReadWrite', async () => {
  await using limited = await startSandbox({
    apps: [{ clientId: bench.sandbox.options.clientId, clientSecret: 'secret', roles: ['Mail.Send'] }],
  });
  const error = await bench.refusal(
    { attachments: [{ filename: 'a.bin', content: randomBytes(5_000_000) }] },
    { ...limited.options, clientSecret: 'secret' },
  );
  expect(error).toMatchObject({
    code: 'EAUTH',
    httpStatus: 403,
    hint: expect.stringMatching(/Mail\.ReadWrite/),
    message: expect.stringMatching(/too large for one request/),
  });
});

test("explains the tenant's size limit, and leaves no draft", async () => {
  await using small = await startSandbox({ maxMessageSize: 4_000_000 });
  const error = await bench.refusal({ attachments: [{ filename: 'a.bin', content: randomBytes(8_000_000) }] }, small.options);
  expect(error).toMatchObject({ code: 'EMESSAGE', permanent: true, message: expect.stringMatching(/35 MB/) });
  expect(small.drafts).toHaveLength(0);
});
