import nodemailer from 'nodemailer';
import type { GraphTransport } from '../../lib/index.js';
import type { Item } from '../../lib/sandbox/item.js';
import { Store } from '../../lib/sandbox/store.js';
import { createClient, type Client } from '../sandbox/client.js';
import { useSandbox } from '../support/use-sandbox.js';

const tests = useSandbox();
const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'Later', text: 'Hello' };
const send = (transport: GraphTransport, more: object) => nodemailer.createTransport(transport).sendMail({ ...mail, ...more });
const inAnHour = () => new Date(Date.now() + 3_600_000);
const PROPERTY = 'SystemTime 0x3FEF';

let client: Client;
beforeAll(() => (client = createClient(tests.sandbox)));
afterAll(() => client.close());

const waiting = async () =>
  (await client.send('/v1.0/users/noreply@contoso.com/mailFolders/drafts/messages', { method: 'GET' })).body.value as {
    id: string;
    internetMessageId: string;
  }[];

test('Graph takes the message at once, and it waits in Drafts', async () => {
  const sendAt = inAnHour();
  const info = await send(tests.transport(), { graph: { sendAt } });
  expect(info).toMatchObject({ format: 'json', route: 'sendMail', response: '202 Accepted', losses: [] });
  const value = new Date(Math.ceil(sendAt.getTime() / 1000) * 1000).toISOString().replace('.000Z', 'Z');
  expect(tests.sandbox.requests.at(-1)?.body).toMatchObject({ message: { singleValueExtendedProperties: [{ id: PROPERTY, value }] } });
  expect(await waiting()).toMatchObject([{ internetMessageId: info.messageId }]);
  expect(tests.sandbox.messages).toEqual([]);
});

test('it arrives when it is time, and not before', async () => {
  const sendAt = new Date(Date.now() + 1000);
  const info = await send(tests.transport(), { graph: { sendAt } });
  const arrived = await tests.sandbox.waitForMessage();
  expect(arrived).toMatchObject({ subject: 'Later', messageId: info.messageId });
  expect(arrived.acceptedAt.getTime()).toBeGreaterThanOrEqual(sendAt.getTime());
  expect(await waiting()).toEqual([]);
});

test('what is deleted while it waits is gone', async () => {
  await send(tests.transport(), { graph: { sendAt: inAnHour() } });
  const [item] = await waiting();
  expect((await client.send(`/v1.0/users/noreply@contoso.com/messages/${item?.id}`, { method: 'DELETE' })).status).toBe(204);
  expect(await waiting()).toEqual([]);
});

test.each(['remove', 'clear'] as const)('the sandbox does not send what %s() took out, however long it waited', (method) => {
  jest.useFakeTimers();
  try {
    const store = new Store();
    const [item, other] = ['a', 'b'].map(() => store.addItem({} as never, {} as never, {} as never));
    const sent = jest.fn();
    store.defer(item as Item, new Date(Date.now() + 60 * 86_400_000), sent);
    jest.advanceTimersByTime(30 * 86_400_000);
    expect(store.isDeferred(item as Item)).toBe(true);
    store[method](item as Item);
    store.defer(other as Item, new Date(Date.now() + 60 * 86_400_000), () => sent('other'));
    jest.advanceTimersByTime(61 * 86_400_000);
    expect(sent.mock.calls).toEqual([['other']]);
  } finally {
    jest.useRealTimers();
  }
});

test('the past is now', async () => {
  await send(tests.transport(), { graph: { sendAt: new Date(Date.now() - 60_000) } });
  expect(tests.sandbox.messages).toHaveLength(1);
});

test.each([
  ['a date', (at: number) => new Date(at)],
  ['an ISO text', (at: number) => new Date(at + 3_600_000).toISOString().replace('Z', '+01:00')],
  ['milliseconds', (at: number) => at],
])('takes %s, and rounds up to a second', async (_case, write) => {
  const second = Math.ceil(Date.now() / 1000) * 1000 + 3_600_000;
  await send(tests.transport(), { graph: { sendAt: write(second - 999) } });
  const value = new Date(second).toISOString().replace('.000Z', 'Z');
  expect(tests.sandbox.requests.at(-1)?.body).toMatchObject({ message: { singleValueExtendedProperties: [{ id: PROPERTY, value }] } });
});

test.each([
  ['tomorrow', "not 'tomorrow'"],
  [new Date(NaN), 'not an invalid date'],
  [true, 'not true'],
  [null, 'not null'],
  ['2036-01-01', 'within a year'],
  ['order 17 12/1/2026', "not 'order 17 12/1/2026'"],
  ['2026-02-30', "not '2026-02-30'"],
  [Infinity, 'not Infinity'],
  [Math.round(Date.now() / 1000), 'within a year'],
])('%p is refused, and nothing is sent', async (sendAt, words) => {
  await expect(send(tests.transport(), { graph: { sendAt } })).rejects.toMatchObject({
    code: 'EMESSAGE',
    permanent: true,
    message: expect.stringContaining(words),
  });
  expect(tests.sandbox.requests).toEqual([]);
});

describe('JSON only', () => {
  test('text beside html loses its text, told', async () => {
    const info = await send(tests.transport({ onLoss: 'ignore' }), { html: '<p>Hello</p>', graph: { sendAt: inAnHour() } });
    expect(info).toMatchObject({ format: 'json', losses: [{ feature: 'text' }] });
  });

  test.each<[string, object, RegExp]>([
    [
      "format: 'mime'",
      { graph: { sendAt: inAnHour(), format: 'mime' } },
      /format: 'mime' cannot carry graph\.sendAt, which goes as JSON only; nothing was sent$/,
    ],
    [
      'a signed message',
      {
        raw: 'Subject: x\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b--\r\n',
        envelope: { from: mail.from, to: mail.to },
        graph: { sendAt: inAnHour() },
      },
      /clear text of a message .*, and graph\.sendAt goes as JSON only; nothing was sent$/,
    ],
  ])('%s is refused', async (_case, more, message) => {
    await expect(send(tests.transport(), more)).rejects.toMatchObject({ code: 'EMESSAGE', message: expect.stringMatching(message) });
    expect(tests.sandbox.requests.filter(({ operation }) => operation !== 'token' && operation !== 'discovery')).toEqual([]);
  });

  test('with the property of its own beside it is refused', async () => {
    const message = { singleValueExtendedProperties: [{ id: 'systemtime 0x3fef', value: '2026-12-24T08:00:00Z' }] };
    await expect(send(tests.transport(), { graph: { sendAt: inAnHour(), message } })).rejects.toThrow(/say the same; give one of them/);
  });
});

describe('on the draft route', () => {
  test('a lost answer is ambiguous: what waits looks like a draft, and a second send might be a second copy', async () => {
    tests.sandbox.fail({ operation: 'send', cut: 'reset', accepted: true });
    const sending = send(tests.transport({ route: 'draft' }), { graph: { sendAt: inAnHour() } });
    await expect(sending).rejects.toMatchObject({ ambiguous: true, hint: expect.stringMatching(/in Sent Items and Drafts/) });
    expect(tests.sandbox.requests.filter(({ operation }) => operation === 'send')).toHaveLength(1);
    // not deleted, since it was taken
    expect(await waiting()).toHaveLength(1);
  });

  test('without it a lost answer is settled as ever', async () => {
    tests.sandbox.fail({ operation: 'send', cut: 'reset' });
    await send(tests.transport({ route: 'draft' }), {});
    expect(tests.sandbox.requests.filter(({ operation }) => operation === 'send')).toHaveLength(2);
    expect(tests.sandbox.messages).toHaveLength(1);
  });
});
