import { Canceller } from '../../lib/base/cancellation.js';
import { readOptions } from '../../lib/config/read-options.js';
import { addAttachment } from '../../lib/delivery/attachments.js';
import { createDraft } from '../../lib/delivery/create-draft.js';
import { deliver } from '../../lib/delivery/deliver.js';
import { openDelivery, type DeliveryContext, type DeliveryHooks } from '../../lib/delivery/delivery.js';
import { discardDraft } from '../../lib/delivery/discard-draft.js';
import { draftAt } from '../../lib/delivery/draft.js';
import { findMessages, lookAtDraft } from '../../lib/delivery/look.js';
import { sendDraft } from '../../lib/delivery/send-draft.js';
import { createGraphConnection, type GraphConnection } from '../../lib/graph/connection.js';
import { ContentReader } from '../../lib/message/content/content-reader.js';
import { readMessageSettings } from '../../lib/plan/message-settings.js';
import { prepare } from '../../lib/plan/prepare.js';
import type { PreparedMessage, PreparedUpload } from '../../lib/prepared/prepared-message.js';
import { compileMail } from '../message/compile-mail.js';
import { useSandbox } from '../support/use-sandbox.js';

// what a queue does: plan in one place, deliver in another, and know at every step what may have happened

const tests = useSandbox();
const open: GraphConnection[] = [];
afterEach(async () => {
  for (const { http } of open.splice(0)) await http.close(true);
});

const silent = { debug: () => undefined, warn: () => undefined };
const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'Hello', text: 'Hello' };
const FILE = Buffer.from(Array.from({ length: 4_000_000 }, (_, index) => index % 251));

/** What an app without a network and without a secret can do. */
async function plan(data: object = {}): Promise<PreparedMessage> {
  const signal = new Canceller();
  const settings = {
    mailbox: undefined,
    saveToSentItems: true,
    format: 'auto',
    route: 'auto',
    onLoss: 'warn',
    maxRecipients: 500,
    socketTimeout: 10_000,
    signIn: { kind: 'none' },
  } as const;
  const compiled = await compileMail({ ...mail, ...data });
  const reader = new ContentReader({ idleTimeout: 10_000, signal });
  const prepared = await prepare(compiled, readMessageSettings(compiled, settings), { settings, reader, signal, logger: silent });
  expect(reader.used).toBe('attachments' in data);
  return prepared;
}

/** What a machine with a secret and without the message's app has. */
function connect(options: object = {}): DeliveryContext {
  const settings = readOptions({ ...tests.sandbox.options, retries: 1, maxRetryDelay: 10, ...options });
  const connection = createGraphConnection(settings);
  open.push(connection);
  return {
    ...connection,
    settings,
    logger: silent,
    signal: new Canceller(),
    turn: { pause: () => undefined, ready: () => undefined },
    onProgress: () => undefined,
    sleep: () => Promise.resolve(),
  };
}

/** Out of the process and into another: everything but the bytes of the uploads, which have a place of their own. */
function store(prepared: PreparedMessage, contents: readonly Buffer[]): PreparedMessage {
  const { body, uploads, ...rest } = prepared;
  const stored = JSON.parse(JSON.stringify({ ...rest, body: body.toString('base64'), uploads })) as Omit<PreparedMessage, 'body'> & {
    body: string;
  };
  return {
    ...stored,
    body: Buffer.from(stored.body, 'base64'),
    uploads: stored.uploads.map((upload, index): PreparedUpload => {
      const shared = Buffer.alloc(100_000);
      return {
        ...upload,
        // one buffer for all pieces, as they may be overwritten
        async *pieces(start, length) {
          const content = (contents[index] as Buffer).subarray(start, start + length);
          for (let at = 0; at < content.length; at += shared.length) {
            yield await Promise.resolve(shared.subarray(0, content.copy(shared, 0, at)));
          }
        },
      };
    }),
  };
}

const items = () => [tests.sandbox.drafts.length, tests.sandbox.messages.length];

test('a message is planned without a network, stored as plain data, and delivered by whoever has it', async () => {
  const prepared = await plan({ html: '<p>Hello</p>' });
  expect(tests.sandbox.requests).toEqual([]);
  const info = await deliver(store(prepared, []), connect());
  expect(info).toMatchObject({
    messageId: prepared.messageId,
    format: 'mime',
    route: 'sendMail',
    accepted: ['reader@example.com'],
    losses: [],
  });
  expect(tests.sandbox.messages[0]).toMatchObject({
    messageId: prepared.messageId,
    recipients: ['reader@example.com'],
    html: '<p>Hello</p>',
  });
});

test('uploads may come from anywhere, in pieces that are overwritten', async () => {
  const small = FILE.subarray(0, 2_500_000);
  const attachments = [
    { filename: 'large.bin', content: FILE },
    { filename: 'small.bin', content: small },
  ];
  const prepared = await plan({ attachments });
  expect(prepared.uploads.map(({ description, size }) => [description.name, size])).toEqual([['large.bin', FILE.length]]);
  const stored = store({ ...prepared, uploads: prepared.uploads }, [FILE]);
  await deliver(stored, connect());
  const [sent] = tests.sandbox.messages;
  expect(sent?.attachments.map(({ name }) => name).sort()).toEqual(['large.bin', 'small.bin']);
  expect(sent?.attachments.find(({ name }) => name === 'large.bin')?.content.equals(FILE)).toBe(true);
});

test('a file that is posted in one request may come in such pieces, too', async () => {
  const contents = [FILE.subarray(0, 2_000_000), FILE.subarray(7, 2_000_007)];
  const prepared = await plan({ attachments: contents.map((content, index) => ({ filename: `${index}.bin`, content })) });
  expect(prepared.uploads).toHaveLength(1);
  const name = prepared.uploads[0]?.description.name;
  const content = contents[name === '0.bin' ? 0 : 1] as Buffer;
  await deliver(store(prepared, [content]), connect());
  expect(tests.sandbox.messages[0]?.attachments.find((file) => file.name === name)?.content.equals(content)).toBe(true);
});

describe('hooks', () => {
  /** Every hook, noted in order. */
  function noting(overrides: DeliveryHooks = {}): DeliveryHooks & { log: string[] } {
    const log: string[] = [];
    return {
      log,
      beforeRequest: () => log.push('request') && undefined,
      onDraft: (id) => void log.push(`draft ${id === '' ? 'without id' : 'made'}`),
      beforeSend: ({ draftId }) => void log.push(draftId === undefined ? 'mark' : 'mark draft'),
      ...overrides,
    };
  }

  test('one request: marked before it, and only before it', async () => {
    const hooks = noting();
    await deliver(await plan(), connect(), hooks);
    expect(hooks.log).toEqual(['mark', 'request']);
  });

  test('a draft: told of, filled, marked, sent', async () => {
    const hooks = noting();
    const info = await deliver(await plan({ attachments: [{ filename: 'large.bin', content: FILE }] }), connect(), hooks);
    // session and two chunks
    expect(hooks.log).toEqual(['request', 'draft made', 'request', 'request', 'request', 'mark draft', 'request']);
    expect(info.attempts).toBe(hooks.log.filter((entry) => entry === 'request').length);
  });

  test('what cannot be marked is not sent: no request on the sendMail route, no draft left on the other', async () => {
    const fenced = new Error('another worker has it');
    const hooks = noting({ beforeSend: () => Promise.reject(fenced) });
    await expect(deliver(await plan(), connect(), hooks)).rejects.toBe(fenced);
    expect(hooks.log).toEqual([]);
    await expect(deliver(await plan({ graph: { route: 'draft' } }), connect(), hooks)).rejects.toBe(fenced);
    expect(items()).toEqual([0, 0]);
    expect(tests.sandbox.requests.some(({ operation }) => operation === 'send' || operation === 'sendMail')).toBe(false);
  });

  test('who no longer owns the message leaves its draft alone', async () => {
    const fenced = new Error('another worker has it');
    const asked: unknown[] = [];
    const hooks = noting({ beforeSend: () => Promise.reject(fenced), mayDiscard: (draft) => asked.push(draft) < 0 });
    await expect(deliver(await plan({ graph: { route: 'draft' } }), connect(), hooks)).rejects.toBe(fenced);
    expect(asked).toEqual([{ draftId: tests.sandbox.drafts[0]?.id, sendTried: false }]);
    expect(items()).toEqual([1, 0]);
  });

  test('a refused send is told as tried, and its draft may go', async () => {
    tests.sandbox.fail({ operation: 'send', status: 403, code: 'ErrorSendAsDenied' });
    const asked: unknown[] = [];
    const hooks = noting({ mayDiscard: (draft) => asked.push(draft) > 0 });
    await expect(deliver(await plan({ graph: { route: 'draft' } }), connect(), hooks)).rejects.toMatchObject({ ambiguous: false });
    expect(asked).toMatchObject([{ sendTried: true }]);
    expect(items()).toEqual([0, 0]);
  });

  test('a lease that runs out stops at the next request, whichever that is', async () => {
    const over = new Error('the lease is over');
    for (const last of [0, 1, 2, 3, 4]) {
      let left = last;
      const beforeRequest = () => {
        if (left-- <= 0) throw over;
      };
      const prepared = await plan({ attachments: [{ filename: 'large.bin', content: FILE }] });
      await expect(deliver(prepared, connect(), { beforeRequest })).rejects.toBe(over);
      // tidying up is a request as well
      expect(items()).toEqual([last === 0 ? 0 : 1, 0]);
      tests.sandbox.clear();
    }
  });
});

describe('beginning in the middle', () => {
  test('a draft that is known by its id is looked at, then sent', async () => {
    const prepared = await plan({ graph: { route: 'draft' } });
    const { id } = await createDraft(openDelivery(prepared, connect()));
    // another process
    const marks: unknown[] = [];
    const delivery = openDelivery(prepared, connect(), { beforeSend: (send) => void marks.push(send) });
    const draft = draftAt(prepared.mailbox, id);
    expect(await lookAtDraft(delivery, draft)).toBe('draft');
    await sendDraft(delivery, draft);
    expect(await lookAtDraft(delivery, draft)).toBe('sent');
    expect(marks).toEqual([{ draftId: id }]);
    expect(items()).toEqual([0, 1]);
  });

  test('a look tells what is gone from what cannot be seen', async () => {
    const prepared = await plan({ graph: { route: 'draft' } });
    const delivery = openDelivery(prepared, connect());
    const draft = await createDraft(delivery);
    expect(await discardDraft(delivery, draft)).toBe(true);
    expect(await lookAtDraft(delivery, draft)).toBe('missing');
    tests.sandbox.fail({ operation: 'getMessage', status: 500, times: 100 });
    expect(await lookAtDraft(delivery, draft)).toBe('unknown');
  });

  test('drafts and sent copies are found by their Message-ID; no answer is not the same as none', async () => {
    const prepared = await plan({ graph: { route: 'draft' } });
    const delivery = openDelivery(prepared, connect());
    expect(await findMessages(delivery)).toEqual([]);
    const draft = await createDraft(delivery);
    expect(await findMessages(delivery)).toEqual([expect.objectContaining({ id: draft.id, isDraft: true })]);
    await sendDraft(delivery, draft);
    expect(await findMessages(delivery)).toEqual([expect.objectContaining({ id: draft.id, isDraft: false })]);
    tests.sandbox.fail({ operation: 'listMessages', status: 503, times: 100 });
    expect(await findMessages(delivery)).toBeUndefined();
  });

  test('what a listing holds that is no message is left out, and throws nothing', async () => {
    const delivery = openDelivery(await plan(), connect());
    tests.sandbox.fail({ operation: 'listMessages', status: 200, body: { value: [null, 'x', { id: 1 }, { id: 'AAMk', isDraft: true }] } });
    expect(await findMessages(delivery)).toEqual([{ id: 'AAMk', isDraft: true }]);
  });

  test('uploads can be added one by one', async () => {
    const prepared = await plan({ attachments: [{ filename: 'large.bin', content: FILE }] });
    const delivery = openDelivery(prepared, connect());
    const draft = await createDraft(delivery);
    for (const upload of prepared.uploads) await addAttachment(delivery, draft, upload);
    await sendDraft(delivery, draft);
    expect(tests.sandbox.messages[0]?.attachments.map(({ name, size }) => [name, size])).toEqual([['large.bin', FILE.length]]);
  });
});
