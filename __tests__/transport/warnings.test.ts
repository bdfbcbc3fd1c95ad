import nodemailer from 'nodemailer';
import { useSandbox } from '../support/use-sandbox.js';

const world = useSandbox();
const warnings: { message: string; code: string | undefined }[] = [];
// one process, so that what was told once is not told again in a later test
const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation((message, options) => {
  warnings.push({ message: String(message), code: (options as { code?: string } | undefined)?.code });
});
afterEach(() => warnings.splice(0));
afterAll(() => emitWarning.mockRestore());

const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'Hello', text: 'Hello' };
const lossy = { ...mail, dsn: { notify: 'never' } } as object;
const alsoLossy = { ...mail, sender: 'other@contoso.com' };
const send = (message: object, options: object = {}) => nodemailer.createTransport(world.transport(options)).sendMail(message);
const logger = { trace: () => {}, debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, fatal: () => {} };

describe('without a logger', () => {
  test('nothing is told where a logger is set, or losses are ignored', async () => {
    await send(lossy, { logger });
    await send(lossy, { onLoss: 'ignore' });
    world.transport({ secretExpires: '2020-01-01', logger });
    expect(warnings).toEqual([]);
  });

  test('the first loss of each kind is a warning of the process, with a code; the next ones are not', async () => {
    for (let round = 0; round < 3; round++) await send(lossy);
    expect(warnings).toEqual([{ code: 'GRAPH_TRANSPORT_LOSS', message: expect.stringContaining('dsn (') }]);
    await send(alsoLossy);
    expect(warnings).toHaveLength(2);
    expect(warnings[1]).toMatchObject({ code: 'GRAPH_TRANSPORT_LOSS', message: expect.stringContaining('sender (') });
  });

  test('a name in From, which JSON does not carry, is told once and refuses nothing', async () => {
    const named = { ...mail, from: 'Contoso <noreply@contoso.com>' };
    await send(named, { onLoss: 'ignore' });
    await send(named, { format: 'mime' });
    await send(mail);
    expect(warnings).toEqual([]);
    const info = await send(named, { onLoss: 'error' });
    expect(info.losses).toEqual([]);
    expect(warnings).toEqual([{ code: 'GRAPH_TRANSPORT_LOSS', message: expect.stringMatching(/^fromName \(.*"Contoso"/) }]);
    await send(named);
    expect(warnings).toHaveLength(1);
    // a logger of a transport's own hears it once, too
    const warn = jest.fn();
    const mailer = nodemailer.createTransport(world.transport({ logger: { ...logger, warn } }));
    for (let round = 0; round < 2; round++) await mailer.sendMail(named);
    expect(warn.mock.calls).toEqual([[expect.objectContaining({ tnx: 'loss' }), expect.stringContaining('fromName'), expect.any(String)]]);
  });

  test('a verify() without a mailbox is one, once: it has looked at no mailbox', async () => {
    for (let round = 0; round < 2; round++) await world.transport({ mailbox: undefined }).verify();
    expect(warnings).toEqual([{ code: 'GRAPH_TRANSPORT_NOT_VERIFIED', message: expect.stringContaining('No mailbox is set') }]);
    await world.transport({ mailbox: 'noreply@contoso.com' }).verify();
    expect(warnings).toHaveLength(1);
  });

  test('a credential that expires is one, once', () => {
    for (let round = 0; round < 2; round++) world.transport({ secretExpires: new Date(Date.now() + 10 * 86_400_000) });
    expect(warnings).toEqual([{ code: 'GRAPH_TRANSPORT_CREDENTIAL_EXPIRES', message: expect.stringContaining('expires in') }]);
    world.transport({ secretExpires: '2020-01-01' });
    expect(warnings[1]).toMatchObject({
      code: 'GRAPH_TRANSPORT_CREDENTIAL_EXPIRES',
      message: expect.stringContaining('expired on 2020-01-01'),
    });
  });
});

describe('without from', () => {
  const { from: _from, ...anonymous } = mail;

  test.each(['json', 'mime'] as const)('the mailbox is the sender, and the Message-ID has its domain (%s)', async (format) => {
    const info = await send(anonymous, { format, mailbox: 'noreply@contoso.com' });
    expect(info.envelope).toEqual({ from: 'noreply@contoso.com', to: ['reader@example.com'] });
    expect(info.messageId).toMatch(/^<[\w-]+@contoso\.com>$/);
    expect(world.sandbox.messages[0]?.messageId).toBe(info.messageId);
  });

  test('a Message-ID of the app stays', async () => {
    const info = await send({ ...anonymous, messageId: '<one@example.com>' });
    expect(info.messageId).toBe('<one@example.com>');
  });

  test('with from the envelope is as it was', async () => {
    expect((await send({ ...mail, envelope: { from: '', to: 'reader@example.com' } })).envelope.from).not.toBe('noreply@contoso.com');
  });
});

test("onLoss: 'error' with saveToSentItems: false says what would keep it", async () => {
  const refused = send({ ...mail, html: '<p>Hello</p>', text: 'Hello' }, { onLoss: 'error', saveToSentItems: false, format: 'mime' });
  await expect(refused).rejects.toMatchObject({ code: 'EMESSAGE', hint: expect.stringContaining("format: 'json'") });
  expect(world.sandbox.messages).toHaveLength(0);
});
