// Uploads the same file to the same server twice over: through the transport, and by a bare loop of undici requests that has the
// whole file in memory and neither reads, checks nor repeats. Only the chunks are timed, in turns, so that both meet the same noise.
import { readFileSync, statSync } from 'node:fs';
import { Agent, fetch, request } from 'undici';
import { graphTransport } from '../../dist/esm/index.js';
import nodemailer from '../support/nodemailer.mjs';

const { options, path, rounds } = JSON.parse(process.argv[2]);
const CHUNK = 12 * 320 * 1024;
const { size } = statSync(path);
const dispatcher = new Agent({ connect: { ca: options.tls.ca } });
const authorization = `Bearer ${await token()}`;
const messages = `${options.graphEndpoint}/v1.0/users/${options.mailbox}/messages`;

let started = 0;
const logger = Object.fromEntries(['trace', 'debug', 'info', 'warn', 'error', 'fatal'].map((level) => [level, () => undefined]));
logger.debug = (_entry, text, what) => {
  if (text === 'Graph: %s: %s' && what.startsWith('start the upload')) started = performance.now();
};
const transport = graphTransport({ ...options, format: 'json', logger });
const transporter = nodemailer.createTransport(transport);
let ended = 0;
transport.on('progress', () => (ended = performance.now()));

const content = readFileSync(path);
const bare = [];
const own = [];
for (let round = -1; round < rounds; round++) {
  const times = {};
  // nobody is always first
  for (const upload of round % 2 ? [uploadBare, uploadOwn] : [uploadOwn, uploadBare]) times[upload.name] = await upload();
  // the first round warms up
  if (round < 0) continue;
  bare.push(times.uploadBare);
  own.push(times.uploadOwn);
}
process.send({ bare, own });
transporter.close();
await dispatcher.close();
process.disconnect();

async function uploadOwn() {
  await transporter.sendMail({
    to: 'reader@example.com',
    subject: 'Benchmark',
    text: 'Benchmark',
    attachments: [{ filename: 'a.bin', path }],
  });
  return ended - started;
}

async function uploadBare() {
  const draft = await post(messages, { subject: 'Benchmark' });
  const AttachmentItem = { attachmentType: 'file', name: 'a.bin', size };
  const { uploadUrl } = await post(`${messages}/${draft.id}/attachments/createUploadSession`, { AttachmentItem });
  const from = performance.now();
  for (let start = 0; start < size; start += CHUNK) {
    const body = content.subarray(start, start + CHUNK);
    const headers = { 'Content-Type': 'application/octet-stream', 'Content-Range': `bytes ${start}-${start + body.length - 1}/${size}` };
    const answer = await request(uploadUrl, { method: 'PUT', headers, body, dispatcher });
    await answer.body.dump();
    if (answer.statusCode >= 300) throw new Error(`HTTP ${answer.statusCode}`);
  }
  const duration = performance.now() - from;
  await fetch(`${messages}/${draft.id}`, { method: 'DELETE', headers: { authorization }, dispatcher });
  return duration;
}

async function post(url, body) {
  const headers = { authorization, 'Content-Type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), dispatcher });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

async function token() {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: options.clientId,
    client_secret: options.clientSecret,
    scope: `${options.graphEndpoint}/.default`,
  });
  const answer = await fetch(`${options.authorityHost}/${options.tenantId}/oauth2/v2.0/token`, { method: 'POST', body, dispatcher });
  return (await answer.json()).access_token;
}
