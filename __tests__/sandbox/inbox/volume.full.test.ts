import { Faults } from '../../../lib/sandbox/faults.js';
import { Directory } from '../../../lib/sandbox/directory.js';
import { Inbox } from '../../../lib/sandbox/inbox/inbox.js';
import { readSettings } from '../../../lib/sandbox/settings.js';
import type { SandboxState } from '../../../lib/sandbox/state.js';
import { Store } from '../../../lib/sandbox/store.js';
import { deliver } from '../../../lib/sandbox/mail/deliver.js';
import { readJsonContent } from '../../../lib/sandbox/mail/json-content.js';
import { Traffic } from '../../../lib/sandbox/traffic.js';
import { Uploads } from '../../../lib/sandbox/uploads.js';
import type { Item } from '../../../lib/sandbox/item.js';
import type { SandboxMessage, SandboxRequest } from '../../../lib/sandbox/types.js';
import { find, readPage } from '../../../lib/sandbox/inbox/api/read-query.js';
import { renderMessageRow } from '../../../lib/sandbox/inbox/views/render-message.js';
import { message } from '../client.js';

/** An inbox without servers, to fill it by the hundred thousand. */
function open(limits: { maxMessages: number; maxBytes?: number }, { copies = false } = {}) {
  const settings = readSettings({ inbox: limits });
  const store = new Store(settings);
  const faults = new Faults();
  // nobody signs in
  const { tokens, signIns } = {} as SandboxState;
  const state: SandboxState = {
    settings,
    tokens,
    signIns,
    store,
    directory: new Directory(settings),
    traffic: new Traffic(settings),
    traceTraffic: new Traffic(settings),
    uploads: new Uploads(1000),
    origins: { graph: '', authority: '', upload: '' },
  };
  const inbox = new Inbox({ state, faults, ca: '', version: '', caFile: undefined });
  const mailbox = settings.mailboxes[0]!;
  let count = 0;
  let first: Item | undefined;
  const send = (more: object): void => {
    const record = {
      operation: 'sendMail',
      requestId: `r${++count}`,
      status: 202,
      startedAt: new Date(),
      durationMs: 1,
      bytes: 2000,
      body: {},
      headers: {},
      connection: 1,
      path: '/',
      method: 'POST',
      mailbox: mailbox.userPrincipalName,
    } as unknown as SandboxRequest;
    const posted = message(more);
    if (!first || !copies) {
      const item = store.addItem(mailbox, readJsonContent(posted, posted, mailbox), record);
      deliver(state, item, { route: 'sendMail', saveToSentItems: true });
      first = item;
    } else {
      // what is measured here is the inbox, not how long a message takes to be read
      const item = store.addItem(mailbox, first.content, record);
      store.moveToSent(item, 0);
      item.delivered = {
        ...(first.delivered as SandboxMessage),
        id: item.immutableId,
        messageId: `<${count}@contoso.com>`,
        subject: posted.subject,
      };
      store.deliver(item.delivered, item, 2000);
    }
    store.record(record);
    inbox.journal.requested(record, { record, request: { headers: {} }, body: Buffer.alloc(0) } as never);
  };
  return { inbox, store, send };
}

const html = { contentType: 'html', content: `<p>${'A letter of some length. '.repeat(60)}</p>` };

it('100,000 mails: a page of rows stays below 100 kB and looks at no more than it shows; search finds', async () => {
  const { inbox, send } = open({ maxMessages: 100_000, maxBytes: 4 * 1024 ** 3 }, { copies: true });
  for (let count = 0; count < 100_000; count++) send({ subject: `Mail ${count} ${'long '.repeat(50)}`, body: html });
  expect(inbox.journal.messages).toHaveLength(100_000);
  let rendered = 0;
  const page = (query: string) =>
    readPage(new URLSearchParams(query), inbox.journal.messages, (entry) => {
      rendered++;
      return renderMessageRow(entry, inbox.view);
    });
  for (const query of ['limit=100', 'limit=100&offset=99900', 'limit=100&offset=50000']) {
    rendered = 0;
    const answer = page(query);
    expect([answer.items.length, answer.total, rendered]).toEqual([100, 100_000, 100]);
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(100_000);
  }
  expect(await find(inbox.messages, new URLSearchParams({ q: 'subject:"mail 77777 "' }))).toHaveLength(1);
  expect(await find(inbox.messages, new URLSearchParams({ q: '-letter' }))).toHaveLength(0);
  // a burst is one event: load everything anew
  const batches: { kind: string }[][] = [];
  inbox.feed.subscribe({ send: (_id, events) => void batches.push(events) }, undefined);
  expect(batches.flat().length).toBeLessThan(5);
}, 300_000);

it('memory is flat at the limit: all that was dropped can be collected', () => {
  const { inbox, store, send } = open({ maxMessages: 500 });
  const attachments = [
    { '@odata.type': '#microsoft.graph.fileAttachment', name: 'a', contentBytes: Buffer.alloc(20_000).toString('base64') },
  ];
  for (let count = 0; count < 10_000; count++) send({ subject: `Mail ${count}`, body: html, attachments });
  expect([store.messages.length, inbox.journal.messages.length, store.sentCount(), store.evicted]).toEqual([500, 500, 500, 9500]);
  expect(store.requests.length).toBeLessThanOrEqual(10_000);
  // 500 messages of some 22 kB and their requests
  expect(store.bytes).toBeLessThan(500 * 40_000);
  const counts = inbox.counts();
  expect(counts).toMatchObject({ messages: 500, unread: 500, sent: 500 });
  for (let count = 0; count < 1000; count++) send({ subject: `More ${count}`, body: html, attachments });
  expect(store.bytes).toBeLessThan(500 * 40_000);
  store.clear();
  expect([store.bytes, inbox.counts().messages, inbox.journal.unread]).toEqual([0, 0, 0]);
}, 300_000);
