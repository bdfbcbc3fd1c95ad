// Queues and delivers as an app and a worker do; the same file as a module and, made by esbuild, as CommonJS.
import { readFileSync } from 'node:fs';
import nodemailer from 'nodemailer';
import { fileStore, openOutbox, outboxTransport, startOutboxWorker } from 'nodemailer-graph-transport/outbox';

const { connection, graph, store, mailbox } = JSON.parse(readFileSync(process.env.TARGET, 'utf8'));
const options = { connection, prefix: process.env.PREFIX, store: fileStore(store) };

async function main() {
  const mailer = nodemailer.createTransport(outboxTransport({ ...options, mailbox }));
  const mail = { to: 'reader@example.com', subject: process.env.PREFIX, text: 'As agreed.' };
  const files = [{ filename: 'large.bin', content: Buffer.alloc(11 * 1024 * 1024, 'large ') }];
  const ids = ['sendMail', 'draft', 'store'];
  for (const id of ids) {
    await mailer.sendMail({
      ...mail,
      outbox: { id },
      ...(id === 'store' && { attachments: files }),
      graph: { route: id === 'sendMail' ? 'sendMail' : 'draft' },
    });
  }
  const worker = await startOutboxWorker({ ...options, graph, mailboxes: [mailbox] });
  worker.on('error', (error) => console.error(error.message));
  const outbox = openOutbox(options);
  const ends = await Promise.all(ids.map((id) => outbox.wait(id, { timeout: 60_000 })));
  const again = await mailer.sendMail({ ...mail, outbox: { id: 'draft' } });
  await outbox.close();
  mailer.close();
  await worker.close();
  console.log(JSON.stringify({ node: process.versions.node, states: ends.map(({ state }) => state), duplicate: again.duplicate }));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
