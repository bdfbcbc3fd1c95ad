// Sends one message with one attachment and reports how far resident memory rose above that of a transport which has sent before.
// Run with --expose-gc, so that idle is idle; nothing is collected by force while it is measured.
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { graphTransport } from '../../dist/esm/index.js';
import nodemailer from '../support/nodemailer.mjs';

const { options, format, source, path, url } = JSON.parse(process.argv[2]);
const transport = graphTransport({ ...options, format: format === 'none' ? 'json' : format });
const transporter = nodemailer.createTransport(transport);
const mail = { to: 'reader@example.com', subject: 'Benchmark', text: 'Benchmark' };

// loads what is loaded on first use, on both routes
for (const route of ['sendMail', 'draft', 'sendMail']) {
  await transporter.sendMail({ ...mail, attachments: [{ filename: 'small.bin', content: Buffer.alloc(1024) }], graph: { route } });
}
for (let round = 0; round < 5; round++) {
  globalThis.gc();
  await sleep(50);
}

const peak = watch();
const idle = process.memoryUsage.rss();
const { route } = format === 'none' ? await readOnly() : await send();
process.send({ above: peak() - idle, idle, route });
transporter.close();
process.disconnect();

function send() {
  const given = { path: { path }, stream: { content: createReadStream(path) }, url: { path: url } }[source];
  return transporter.sendMail({ ...mail, attachments: [{ filename: 'large.bin', ...given }] });
}

/** What it takes to read the source and keep nothing. */
async function readOnly() {
  const stream = source === 'url' ? await new Promise((resolve) => get(url, resolve)) : createReadStream(path);
  stream.resume();
  await finished(stream);
  return {};
}

/** The most memory from now on. Linux keeps the mark itself; elsewhere it is sampled. */
function watch() {
  if (process.platform === 'linux') {
    // resets the mark, see proc_pid_clear_refs(5)
    writeFileSync('/proc/self/clear_refs', '5');
    return () => Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
  }
  let most = 0;
  const sample = () => (most = Math.max(most, process.memoryUsage.rss()));
  const timer = setInterval(sample, 2);
  return () => {
    clearInterval(timer);
    sample();
    return most;
  };
}
