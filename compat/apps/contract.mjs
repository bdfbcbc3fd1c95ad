// What an app may rely on, checked in whatever runtime runs this: prints one line of JSON, a name and 'ok' or what went wrong each.
import assert from 'node:assert/strict';
import { createReadStream, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nodemailer from 'nodemailer';
import { graphTransport, isGraphTransportError, mailTransport } from 'nodemailer-graph-transport';
import { readTarget } from './mail.mjs';

const { options, pfx, proxy } = readTarget();
const folder = mkdtempSync(join(tmpdir(), 'contract-'));
const large = Buffer.alloc(5 * 1024 * 1024, 'abc');
writeFileSync(join(folder, 'large.bin'), large);

const mail = (subject, rest = {}) => ({ from: options.mailbox, to: 'reader@example.com', subject, text: 'Hello', ...rest });
const create = (overrides = {}) => nodemailer.createTransport(graphTransport({ ...options, ...overrides }));
const errorOf = (promise) =>
  promise.then(
    () => assert.fail('it was sent'),
    (error) => error,
  );

const checks = {
  async 'sends JSON and MIME'() {
    const transporter = create();
    const json = await transporter.sendMail(mail('json', { attachments: [{ filename: 'a.txt', content: 'a' }] }));
    const mime = await transporter.sendMail(mail('mime', { html: '<p>Hello</p>' }));
    assert.deepEqual([json.format, mime.format, json.accepted], ['json', 'mime', ['reader@example.com']]);
    transporter.close();
  },
  async 'takes a ready-made message apart'() {
    const raw = `From: ${options.mailbox}\r\nSubject: =?iso-8859-1?Q?caf=E9?=\r\n\r\nHello\r\n`;
    const { format } = await create({ format: 'json' }).sendMail({ from: options.mailbox, to: 'reader@example.com', raw });
    assert.equal(format, 'json');
  },
  async 'signs in with a .pfx certificate, or says at creation that it cannot'() {
    const open = () => create({ clientSecret: undefined, clientCertificate: pfx });
    if ('Deno' in globalThis) assert.throws(open, { code: 'ECONFIG', message: /"clientCertificate" cannot be used on Deno/ });
    else await open().sendMail(mail('certificate'));
  },
  async 'verifies, and explains a wrong secret'() {
    assert.equal(await create().verify(), true);
    const error = await errorOf(create({ clientSecret: 'wrong' }).verify());
    assert.deepEqual([isGraphTransportError(error), error.code, error.graphCode, error.permanent], [true, 'EAUTH', 'AADSTS7000215', true]);
  },
  async 'calls back'() {
    const info = await new Promise((resolve, reject) =>
      create().sendMail(mail('callback'), (error, sent) => (error ? reject(error) : resolve(sent))),
    );
    assert.equal(info.response, '202 Accepted');
  },
  async 'uploads a large file from a path, a stream and a Buffer, and tells the progress'() {
    const transport = graphTransport(options);
    const progress = [];
    transport.on('progress', (entry) => progress.push(entry));
    const transporter = nodemailer.createTransport(transport);
    const path = join(folder, 'large.bin');
    for (const content of [{ path }, { content: createReadStream(path) }, { content: large }]) {
      const { route } = await transporter.sendMail(mail('large', { attachments: [{ filename: 'large.bin', ...content }] }));
      assert.equal(route, 'draft');
    }
    assert.equal(progress.filter(({ sent, total }) => sent === total && total === large.length).length, 3);
  },
  async 'waits out throttling'() {
    const { attempts } = await create().sendMail(mail('throttled once'));
    assert.equal(attempts, 2);
  },
  async 'does not repeat what may have been sent'() {
    const error = await errorOf(create().sendMail(mail('answer lost')));
    assert.deepEqual([error.ambiguous, error.responseCode], [true, 550]);
  },
  async aborts() {
    const error = await errorOf(create().sendMail(mail('aborted', { signal: AbortSignal.abort() })));
    assert.equal(error.code, 'EABORT');
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 300);
    const late = await errorOf(create().sendMail(mail('slow', { signal: controller.signal })));
    assert.equal(late.code, 'EABORT');
  },
  async 'ends in time where nobody answers'() {
    const error = await errorOf(create({ requestTimeout: 500, retries: 0 }).sendMail(mail('slow')));
    assert.equal(error.code, 'ETIMEDOUT');
  },
  async 'closes, and opens again'() {
    const transporter = create();
    await transporter.sendMail(mail('before'));
    transporter.close();
    await transporter.sendMail(mail('after'));
    transporter.close();
  },
  async 'does not trust every certificate'() {
    const error = await errorOf(create({ tls: undefined, retries: 0 }).sendMail(mail('untrusted')));
    assert.equal(error.code, 'ECONNECTION');
    assert.match(error.hint, /tls\.ca/);
  },
  async 'goes through a proxy'() {
    await create({ proxy }).sendMail(mail('proxied'));
  },
  async 'sends many at the same time'() {
    const transporter = create();
    await Promise.all(Array.from({ length: 20 }, (_, index) => transporter.sendMail(mail(`many ${index}`))));
  },
  async 'works when spread, lazy and from a URL'() {
    await nodemailer.createTransport({ ...graphTransport(options) }).sendMail(mail('spread'));
    await nodemailer.createTransport(graphTransport.lazy(async () => options)).sendMail(mail('lazy'));
    const query = new URLSearchParams({ graphEndpoint: options.graphEndpoint, authorityHost: options.authorityHost });
    const url = `msgraph://${options.clientId}:${encodeURIComponent(options.clientSecret)}@${options.tenantId}/${options.mailbox}?${query}`;
    assert.equal(mailTransport(url).name, 'GraphTransport');
  },
  async 'refuses wrong options at creation'() {
    assert.throws(() => graphTransport({ ...options, format: 'html' }), { code: 'ECONFIG' });
  },
  async 'leaves no temporary file'() {
    const left = readdirSync(tmpdir()).filter((name) => name.startsWith(`nodemailer-graph-transport-${process.pid}`));
    assert.deepEqual(left, []);
  },
};

const results = {};
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    results[name] = 'ok';
  } catch (error) {
    results[name] = error.message;
  }
}
rmSync(folder, { recursive: true });
console.log(JSON.stringify(results));
