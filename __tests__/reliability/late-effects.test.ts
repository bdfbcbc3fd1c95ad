import { createServer, request as forwardRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import nodemailer from 'nodemailer';
import { graphTransport, type GraphTransport } from '../../lib/index.js';
import { hookDelivery } from '../../lib/transport.js';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';

// Graph says 504 and does it all the same, a while later.

let sandbox: Sandbox;
let front: Server;
let transport: GraphTransport;
/** Which requests it is about. */
let which = /\/attachments$/;
/** What becomes of such a request: `late` gets 504 and is passed on when the test says so. */
let take: (late: () => Promise<void>) => 'late' | Promise<void> | undefined = () => undefined;

beforeAll(async () => {
  sandbox = await startSandbox({ protocol: 'http' });
  front = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const pass = () => forward(request.method, request.url, request.headers, Buffer.concat(chunks));
      const adds = request.method === 'POST' && which.test(request.url ?? '');
      const first = adds ? take(() => pass().then(() => undefined)) : undefined;
      if (first === 'late') return response.writeHead(504).end();
      void Promise.resolve(first)
        .then(pass)
        .then(({ status, body }) => response.writeHead(status, { 'content-type': 'application/json' }).end(body));
    });
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  which = /\/attachments$/;
  transport.close({ force: true });
  sandbox.clear();
});
afterAll(async () => {
  front.closeAllConnections();
  await Promise.all([new Promise((resolve) => front.close(resolve)), sandbox.close()]);
});

function forward(method: string | undefined, path: string | undefined, headers: IncomingHttpHeaders, body: Buffer) {
  return new Promise<{ status: number; body: Buffer }>((resolve, reject) => {
    const outgoing = forwardRequest(
      new URL(path ?? '/', sandbox.graphEndpoint),
      { method, headers: { ...headers, host: new URL(sandbox.graphEndpoint).host }, agent: false },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks) }));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const files = (names: string[]) =>
  names.map((filename, index) => ({ filename, content: Buffer.alloc(2 * 1024 * 1024, String(index)), contentType: 'application/pdf' }));

async function send(names: string[], options: object = {}, hooks: Parameters<typeof hookDelivery>[1] = () => ({})) {
  const graphEndpoint = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  const credential = { getToken: () => ({ token: sandbox.issueToken(), expiresOnTimestamp: Date.now() + 3_600_000 }) };
  transport = graphTransport({ credential: credential as never, graphEndpoint, mailbox: 'noreply@contoso.com', ...options });
  hookDelivery(transport, hooks);
  await nodemailer
    .createTransport(transport)
    .sendMail({ to: 'reader@example.com', subject: 'Hello', text: 'Hello', attachments: files(names) });
}

/** The first such request is answered 504, and done so many milliseconds afterwards. */
function lateOnce(delay: number): void {
  let once = true;
  take = (late) => {
    if (!once) return undefined;
    once = false;
    setTimeout(() => void late(), delay);
    return 'late';
  };
}

const delivered = () => sandbox.messages.map(({ attachments }) => attachments.map(({ name }) => name).sort());

test.each([0, 300])('done %d ms after 504: the file arrives once', async (delay) => {
  lateOnce(delay);
  await send(['a.pdf', 'b.pdf', 'c.pdf']);
  expect(delivered()).toEqual([['a.pdf', 'b.pdf', 'c.pdf']]);
  expect(sandbox.drafts).toHaveLength(0);
});

test.each([[['a.pdf', 'b.pdf', 'c.pdf']], [['same.pdf', 'same.pdf', 'same.pdf']]])(
  'done when it was given up and added again (%j): the draft is made anew, the files arrive once',
  async (names) => {
    let first: (() => Promise<void>) | undefined;
    let requests = 0;
    take = (late) => {
      requests++;
      if (requests === 1) {
        first = late;
        return 'late';
      }
      return requests === 2 ? first?.() : undefined;
    };
    await send(names, { maxRetryDelay: 5 });
    expect(delivered()).toEqual([names]);
    expect(sandbox.drafts).toHaveLength(0);
    expect(requests).toBeGreaterThan(2);
  },
);

test('every time: nothing is sent, no draft is left, and the error is neither ambiguous nor permanent', async () => {
  const held: (() => Promise<void>)[] = [];
  let requests = 0;
  take = (late) => {
    if (++requests % 2 === 1) {
      held.push(late);
      return 'late';
    }
    return held.pop()?.();
  };
  await expect(send(['a.pdf', 'b.pdf', 'c.pdf'], { maxRetryDelay: 5 })).rejects.toMatchObject({
    ambiguous: false,
    permanent: false,
    message: expect.stringContaining('nothing was sent'),
  });
  expect(sandbox.messages).toHaveLength(0);
  expect(sandbox.drafts).toHaveLength(0);
});

describe('a draft that is made although Graph said 504', () => {
  beforeEach(() => (which = /\/messages$/));

  test.each([0, 300])('%d ms afterwards: another one is sent, once, and the first is not left', async (delay) => {
    lateOnce(delay);
    await send(['a.pdf', 'b.pdf']);
    expect(delivered()).toEqual([['a.pdf', 'b.pdf']]);
    expect(sandbox.drafts).toHaveLength(0);
  });

  test('and cannot be sent then: none is left', async () => {
    let first: (() => Promise<void>) | undefined;
    take = (late) => {
      if (first) return first();
      first = late;
      return 'late';
    };
    sandbox.fail({ operation: 'send', status: 403 });
    await expect(send(['a.pdf', 'b.pdf'])).rejects.toMatchObject({ httpStatus: 403, ambiguous: false });
    expect(sandbox.drafts).toHaveLength(0);
  });

  test('and is made anew for an attachment that came twice: none of the three is left', async () => {
    which = /\/(messages|attachments)$/;
    let held: (() => Promise<void>) | undefined;
    let requests = 0;
    take = (late) => {
      requests++;
      // a draft, and then the attachment of the second draft
      if (requests === 1 || requests === 3) {
        held = late;
        return 'late';
      }
      return requests === 2 || requests === 4 ? held?.() : undefined;
    };
    await send(['a.pdf', 'b.pdf'], { maxRetryDelay: 5 });
    expect(delivered()).toEqual([['a.pdf', 'b.pdf']]);
    expect(sandbox.drafts).toHaveLength(0);
    // two drafts, the attachment that does not fit into one twice, the third draft and its attachment
    expect(requests).toBe(6);
  });

  test('and may not be deleted, since that cannot be recorded: what is sent is sent', async () => {
    let first: (() => Promise<void>) | undefined;
    take = (late) => {
      if (first) return first();
      first = late;
      return 'late';
    };
    const mayDiscard = jest.fn(() => Promise.reject(new Error('the disk is full')));
    await send(['a.pdf', 'b.pdf'], {}, () => ({ mayDiscard }));
    expect(mayDiscard).toHaveBeenCalledWith({ draftId: sandbox.drafts[0]?.id, sendTried: false });
    expect(delivered()).toEqual([['a.pdf', 'b.pdf']]);
  });

  test('never: the error says that nothing was sent and what may be left, and does not advise a look into Sent Items', async () => {
    take = () => 'late';
    const error: unknown = await send(['a.pdf', 'b.pdf'], { maxRetryDelay: 5 }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      ambiguous: false,
      permanent: false,
      message: expect.stringMatching(/Nothing was sent.*A draft may be left in Drafts/),
    });
    expect((error as Error).message).not.toContain('Sent Items');
    expect(sandbox.messages).toHaveLength(0);
  });
});
