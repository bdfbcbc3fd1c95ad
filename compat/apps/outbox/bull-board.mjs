import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import express from 'express';
import nodemailer from 'nodemailer';
import { openOutbox, outboxTransport, startOutboxWorker } from 'nodemailer-graph-transport/outbox';
import { target } from './target.mjs';

const { connection, graph, mailbox } = target;
const mail = { to: 'reader@example.com', subject: 'Salary', text: 'confidential words' };
const jobOf = (id) => `m.${id}`;

for (const encryptionKey of [Buffer.alloc(32, 7), undefined]) {
  const options = { connection, prefix: encryptionKey ? 'board-sealed' : 'board', encryptionKey };
  const transport = outboxTransport({ ...options, mailbox });
  const mailer = nodemailer.createTransport(transport);
  for (const id of ['kept', 'retried', 'removed']) await mailer.sendMail({ ...mail, outbox: { id } });

  const outbox = openOutbox(options);
  const queues = await outbox.queues();
  const serverAdapter = new ExpressAdapter();
  createBullBoard({ queues: queues.map((queue) => new BullMQAdapter(queue)), serverAdapter });
  const server = express().use('/', serverAdapter.getRouter()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const at = `http://127.0.0.1:${server.address().port}`;
  const name = encodeURIComponent(queues[0].name);
  const show = async () => {
    const pages = ['/api/queues', `/api/queues?activeQueue=${name}&page=1&jobsPerPage=50`, `/api/queues/${name}/${jobOf('kept')}`];
    return (await Promise.all(pages.map(async (path) => (await fetch(at + path)).text()))).join('\n');
  };

  const shown = await show();
  assert.match(shown, /m\.kept/);
  assert.match(shown, /m\.removed/);
  assert.doesNotMatch(shown, /Salary|confidential|reader@/);
  // a person reads the mailbox in the list, unless it is to be secret
  assert[encryptionKey ? 'doesNotMatch' : 'match'](shown, /noreply@contoso\.com/);

  // the buttons: remove, then whatever can be done to a job that has ended
  assert.equal((await fetch(`${at}/api/queues/${name}/${jobOf('removed')}/clean`, { method: 'PUT' })).status, 204);
  const worker = await startOutboxWorker({ ...options, graph, mailboxes: [mailbox] });
  await Promise.all(['kept', 'retried'].map((id) => outbox.wait(id)));
  for (const path of [`${jobOf('retried')}/retry/completed`, 'retry/completed', 'retry/failed', 'clean/completed', 'obliterate', 'empty'])
    await fetch(`${at}/api/queues/${name}/${path}`, { method: 'PUT' });
  const { lost } = await outbox.check();
  assert.deepEqual(lost, ['removed']);
  await outbox.check({ repair: true });
  assert.equal((await outbox.wait('removed')).state, 'sent');
  assert.deepEqual((await outbox.counts()).sent, 3);
  await worker.close();
  server.closeAllConnections();
  server.close();
  mailer.close();
  await outbox.close();
}
console.log('ok');
process.exit();
