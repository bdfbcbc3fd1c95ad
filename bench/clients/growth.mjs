// Sends messages of growing size, or growing numbers of messages at once, through one transport.
// For memory run with --expose-gc: what waits in the queue is counted after a collection, while nothing moves.
import { setTimeout as sleep } from 'node:timers/promises';
import { graphTransport } from '../../dist/esm/index.js';
import { serve } from '../support/child.mjs';
import { MAILBOX, smallMessage } from '../support/message.mjs';
import nodemailer from '../support/nodemailer.mjs';

const { token } = JSON.parse(process.argv[2]);
const file = Buffer.alloc(1024, 'x');

/** One message with so many recipients or attachments. */
const MESSAGES = {
  recipients: (count) => ({ ...smallMessage(), to: Array.from({ length: count }, (_, index) => `reader${index}@example.com`) }),
  attachments: (count) => ({
    ...smallMessage(),
    attachments: Array.from({ length: count }, (_, index) => ({ filename: `file${index}.bin`, content: file })),
  }),
};

const credential = { getToken: () => Promise.resolve({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
const transporter = nodemailer.createTransport(graphTransport({ credential, mailbox: MAILBOX, format: 'json' }));

serve({}, ({ what, count, repeats }) => {
  if (what === 'memory') return queued(count, repeats);
  return timed(repeats, () => (what === 'messages' ? sendAtOnce(count) : transporter.sendMail(MESSAGES[what](count))));
});

function sendAtOnce(count) {
  return Promise.all(Array.from({ length: count }, () => transporter.sendMail(smallMessage())));
}

/** Milliseconds of CPU time. */
async function timed(repeats, task) {
  const started = process.cpuUsage();
  for (let repeat = 0; repeat < repeats; repeat++) await task();
  const { user, system } = process.cpuUsage(started);
  return { used: (user + system) / 1000 / repeats };
}

/** Bytes that so many messages take while they wait, since the sign-in is held up. */
async function queued(count, repeats) {
  let bytes = 0;
  for (let repeat = 0; repeat < repeats; repeat++) {
    let release;
    const gate = new Promise((resolve) => (release = resolve));
    const held = { getToken: () => gate.then(() => credential.getToken()) };
    const transport = graphTransport({ credential: held, mailbox: MAILBOX, format: 'json' });
    const mailer = nodemailer.createTransport(transport);
    const before = await inUse();
    const sent = Array.from({ length: count }, () => mailer.sendMail(smallMessage()));
    while (transport.pendingCount() < count) await sleep(1);
    bytes += (await inUse()) - before;
    release();
    await Promise.all(sent);
    transport.close();
  }
  return { used: bytes / repeats };
}

/** Waits until nothing is freed any more, such as the connections of the transport before. */
async function inUse() {
  for (let last = Infinity, round = 0; ; round++) {
    await sleep(10);
    globalThis.gc();
    const { heapUsed, external } = process.memoryUsage();
    const bytes = heapUsed + external;
    if (round >= 20 || Math.abs(last - bytes) < 256) return bytes;
    last = bytes;
  }
}
