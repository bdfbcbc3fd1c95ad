import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import nodemailer from 'nodemailer';
import { openOutbox, outboxTransport, startOutboxWorker } from 'nodemailer-graph-transport/outbox';
import { target } from './target.mjs';

const SIZE = 24_000_000;
const chunk = Buffer.alloc(64 * 1024, 'large ');
function* content() {
  for (let left = SIZE; left > 0; left -= chunk.length) yield left < chunk.length ? chunk.subarray(0, left) : chunk;
}

/**
 * Puts, reads and deletes as the outbox does, and sends a message through it.
 *
 * @param {object} store
 * @param {() => Promise<number>} count how many objects there are
 */
export async function tryStore(name, store, count) {
  await assert.rejects(async () => {
    for await (const piece of await store.get('nothing', 0, 10)) assert.equal(piece.length, 0);
  });
  await store.delete('nothing');
  const bytes = Buffer.from('0123456789'.repeat(1000));
  await store.put('piece', Readable.from([bytes.subarray(0, 3000), bytes.subarray(3000)], { objectMode: false }), bytes.length);
  const pieces = [];
  for await (const piece of await store.get('piece', 2995, 10)) pieces.push(piece);
  assert.equal(Buffer.concat(pieces).toString(), '5678901234'.slice(0, 10));
  // one that breaks off leaves nothing to be read
  const broken = Readable.from(
    (function* () {
      yield chunk;
      throw new Error('the app died');
    })(),
    { objectMode: false },
  );
  await assert.rejects(store.put('broken', broken, SIZE), /the app died/);
  await store.delete('piece');
  assert.equal(await count(), 0);

  const { connection, graph, mailbox } = target;
  const options = { connection, prefix: name, store, encryptionKey: Buffer.alloc(32, 9) };
  const mailer = nodemailer.createTransport(outboxTransport({ ...options, mailbox }));
  const attachments = [{ filename: 'large.bin', content: Readable.from(content(), { objectMode: false }) }];
  await mailer.sendMail({ to: 'reader@example.com', subject: name, text: 'x', attachments, outbox: { id: name } });
  assert.equal(await count(), 1);
  const worker = await startOutboxWorker({ ...options, graph, mailboxes: [mailbox] });
  const outbox = openOutbox(options);
  const { state, error } = await outbox.wait(name);
  assert.equal(state, 'sent', error?.message);
  await worker.close();
  assert.equal(await count(), 0);
  mailer.close();
  await outbox.close();
}
