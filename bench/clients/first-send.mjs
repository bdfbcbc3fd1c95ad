// A program that sends one message and is done: from its first line, and from the start of the process, until sendMail() resolves.
import { smallMessage } from '../support/message.mjs';

const { over, options } = JSON.parse(process.argv[2]);
const started = performance.now();
const { default: nodemailer } = await import('../support/nodemailer.mjs');
const transport = over === 'graph' ? (await import('../../dist/esm/index.js')).graphTransport(options) : options;
const transporter = nodemailer.createTransport(transport);
await transporter.sendMail(smallMessage());
const ended = performance.now();
process.send({ program: ended - started, process: ended }, () => process.exit());
