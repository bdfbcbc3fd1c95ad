// A process of the outbox benchmark: an app that queues, or a worker, of the outbox or as guides show it.
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import nodemailer from 'nodemailer';
import { graphTransport } from '../../dist/esm/index.js';
import { outboxTransport, startOutboxWorker } from '../../dist/esm/outbox/index.js';

const { role, kind, connection, graph, count, mailboxes, route, quick } = JSON.parse(process.env.ORDERS);
process.on('disconnect', () => process.exit());
const cpu = () => (process.cpuUsage().user + process.cpuUsage().system) / 1000;
const QUEUE = 'mails';

if (role === 'app') {
  const mailOf = (index) => {
    const from = mailboxes[index % mailboxes.length];
    return {
      from,
      to: 'reader@example.com',
      subject: `mail ${index}`,
      text: 'As agreed. '.repeat(100),
      graph: { mailbox: from, ...(route && { route }) },
    };
  };
  const send = kind === 'outbox' ? outboxSender() : naiveSender();
  await send(mailOf(0), 0);
  const times = [];
  const [before, started] = [cpu(), performance.now()];
  let next = 1;
  const lane = async () => {
    for (let index = next++; index < count; index = next++) {
      const at = performance.now();
      await send(mailOf(index), index);
      times.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: 16 }, lane));
  process.send({ times, seconds: (performance.now() - started) / 1000, cpu: cpu() - before });
} else {
  const before = cpu();
  process.on('message', () => process.send({ cpu: cpu() - before }));
  if (kind === 'outbox') {
    const worker = await startOutboxWorker({
      connection,
      // what a dead worker was sending waits for its successor as long as lock and request together
      graph: { ...graph, ...(quick && { requestTimeout: 3000 }) },
      // and what is not to be found is looked for a quarter of an hour
      ...(quick && { lockDuration: 2000, settleTime: 5000 }),
    });
    worker.on('error', () => undefined);
  } else {
    const transporter = nodemailer.createTransport(graphTransport(graph));
    const redis = new Redis(connection, { maxRetriesPerRequest: null });
    const options = { connection: redis, concurrency: 20, ...(quick && { lockDuration: 2000, stalledInterval: 700 }) };
    const worker = new Worker(QUEUE, (job) => transporter.sendMail(job.data), options);
    worker.on('error', () => undefined);
  }
  process.send({ ready: true });
}

function outboxSender() {
  const mailer = nodemailer.createTransport(outboxTransport({ connection }));
  return (mail, index) => mailer.sendMail({ ...mail, outbox: { id: `mail-${index}` } });
}

function naiveSender() {
  const queue = new Queue(QUEUE, { connection: new Redis(connection, { maxRetriesPerRequest: null }) });
  return (mail, index) => queue.add('mail', mail, { jobId: `mail-${index}`, attempts: 3, removeOnComplete: true });
}
