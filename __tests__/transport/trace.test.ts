import nodemailer from 'nodemailer';
import { graphTransport, mailTransport, type GraphTransport } from '../../lib/index.js';
import { startSandbox, type SandboxOptions } from '../../lib/sandbox/index.js';
import { useSandbox } from '../support/use-sandbox.js';

const app = {
  clientId: '5d0f3a52-0f6b-4f0e-9b9d-8f6f5b1f9c01',
  clientSecret: 'a~secret',
  roles: ['Mail.Send', 'ExchangeMessageTrace.Read.All'],
};
const tests = useSandbox({ apps: [app], outcomes: { 'nobody@example.com': 'failed', 'held@example.com': 'quarantined' } });
const mail = { from: 'noreply@contoso.com', subject: 'Invoice 17', text: 'Hello' };

async function send(transport: GraphTransport, ...to: string[]): Promise<string> {
  const info = await nodemailer.createTransport(transport).sendMail({ ...mail, to });
  return info.messageId;
}

const asked = () => tests.sandbox.requests.filter(({ operation }) => operation === 'listMessageTraces');

test('tells for each recipient what became of his copy, and nothing of other messages', async () => {
  const transport = tests.transport();
  const messageId = await send(transport, 'reader@example.com', 'nobody@example.com', 'held@example.com');
  await send(transport, 'other@example.com');
  const trace = await transport.trace(messageId);
  expect(trace).toMatchObject({ messageId, since: expect.any(Date) });
  expect(trace.recipients.map(({ recipient, status }) => [recipient, status])).toEqual([
    ['held@example.com', 'quarantined'],
    ['nobody@example.com', 'failed'],
    ['reader@example.com', 'delivered'],
  ]);
  expect(trace.recipients[0]).toMatchObject({ sender: 'noreply@contoso.com', subject: 'Invoice 17', receivedAt: expect.any(Date) });
  expect(asked()).toHaveLength(1);
});

test('has no recipients for a message Exchange does not know', async () => {
  expect((await tests.transport().trace('unknown@contoso.com')).recipients).toEqual([]);
});

test('asks in windows of 10 days, as far back as it is told', async () => {
  const transport = tests.transport();
  const messageId = await send(transport, 'reader@example.com');
  const since = new Date(Date.now() - 25 * 86_400_000);
  expect((await transport.trace(messageId, { since })).recipients).toHaveLength(1);
  expect(asked().map(({ status }) => status)).toEqual([200, 200, 200]);
});

test('follows the pages, on the host of Graph and on no other', async () => {
  const transport = tests.transport();
  const messageId = await send(transport, 'reader@example.com');
  const entry = {
    id: 't',
    messageId,
    recipientAddress: 'second@example.com',
    status: 'delivered',
    receivedDateTime: '2026-11-26T10:30:00Z',
  };
  const next = `${tests.sandbox.graphEndpoint}/v1.0/admin/exchange/tracing/messageTraces?$top=5000&$skiptoken=MA`;
  tests.sandbox.fail({ operation: 'listMessageTraces', status: 200, body: { value: [entry], '@odata.nextLink': next } });
  const { recipients } = await transport.trace(messageId);
  expect(recipients.map(({ recipient }) => recipient).toSorted()).toEqual(['reader@example.com', 'second@example.com']);

  tests.sandbox.fail({ operation: 'listMessageTraces', status: 200, body: { value: [], '@odata.nextLink': 'https://example.com/v1.0/x' } });
  await expect(transport.trace(messageId)).rejects.toMatchObject({
    code: 'EGRAPH',
    message: expect.stringMatching(/it was not followed$/),
  });
});

test('a list without end ends in an error', async () => {
  const next = `${tests.sandbox.graphEndpoint}/v1.0/admin/exchange/tracing/messageTraces?$skiptoken=MA`;
  tests.sandbox.fail({ operation: 'listMessageTraces', status: 200, body: { value: [], '@odata.nextLink': next }, times: Infinity });
  await expect(tests.transport().trace('a@contoso.com')).rejects.toThrow(/has more than 250000 entries/);
  expect(asked()).toHaveLength(50);
});

describe('details', () => {
  const detailsAsked = () => tests.sandbox.requests.filter(({ operation }) => operation === 'listMessageTraceDetails');

  test('tell what happened to each copy on its way, and why; without being asked for, nothing is requested', async () => {
    const transport = tests.transport();
    const messageId = await send(transport, "o'brien+x@example.com", 'nobody@example.com', 'held@example.com', 'invoices@contoso.com');
    expect((await transport.trace(messageId)).recipients.every(({ events }) => events === undefined)).toBe(true);
    expect(detailsAsked()).toEqual([]);

    const { recipients } = await transport.trace(messageId, { details: true });
    const last = Object.fromEntries(recipients.map(({ recipient, events }) => [recipient, events?.at(-1)]));
    expect(last).toMatchObject({
      "o'brien+x@example.com": { event: 'Send external', reason: undefined, action: undefined },
      'nobody@example.com': {
        event: 'Fail',
        reason: '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup',
      },
      'held@example.com': { event: 'Spam', action: 'Quarantine' },
      'invoices@contoso.com': { event: 'Deliver', description: 'The message was successfully delivered.' },
    });
    for (const { events } of recipients) {
      expect(events?.[0]).toMatchObject({ event: 'Receive', at: expect.any(Date) as Date, data: '<root></root>' });
      expect(events?.map(({ at }) => at?.getTime())).toEqual(events?.map(({ at }) => at?.getTime()).toSorted());
    }
    expect(detailsAsked()).toHaveLength(4);
  });

  test('of one that Exchange does not know any more are none, and keep nothing else back', async () => {
    const transport = tests.transport();
    const messageId = await send(transport, 'a@example.com', 'b@example.com');
    tests.sandbox.fail({ operation: 'listMessageTraceDetails', status: 404 });
    const { recipients } = await transport.trace(messageId, { details: true });
    expect(recipients.map(({ events }) => events?.length)).toEqual([0, 3]);
  });

  test.each<[string, unknown, object[]]>([
    ['nothing', {}, []],
    ['no objects', { value: [null, 7, 'x', [], {}] }, []],
    [
      'words of any kind',
      { value: [{ event: 'Fail', dateTime: 'never', description: 'Reason: [{LED=};{MSG=}]', action: 7, data: null }] },
      [{ event: 'Fail', at: undefined, action: undefined, reason: undefined, data: undefined, description: 'Reason: [{LED=};{MSG=}]' }],
    ],
    [
      'the names of PowerShell, in any order',
      {
        value: [
          { event: 'FAIL', date: '2026-11-26T10:00:02Z', detail: '{LED=550 no}' },
          { event: 'RECEIVE', date: '2026-11-26T10:00:01Z' },
        ],
      },
      [{ event: 'RECEIVE' }, { event: 'FAIL', reason: '550 no', description: '{LED=550 no}' }],
    ],
  ])('that hold %s are read as far as that goes', async (_case, body, events) => {
    const transport = tests.transport();
    const messageId = await send(transport, 'a@example.com');
    tests.sandbox.fail({ operation: 'listMessageTraceDetails', status: 200, body: body });
    const trace = transport.trace(messageId, { details: true });
    if (!('value' in (body as object))) return expect(trace).rejects.toMatchObject({ code: 'EGRAPH' });
    const { recipients } = await trace;
    expect(recipients[0]?.events).toHaveLength(events.length);
    expect(recipients[0]?.events).toMatchObject(events);
  });

  test('of a trace whose id leads elsewhere are not asked for', async () => {
    const transport = tests.transport();
    const messageId = await send(transport, 'a@example.com');
    const value = ['../../users', '..', "x')/y", 'a b'].map((id) => ({
      id,
      messageId,
      recipientAddress: 'a@example.com',
      status: 'delivered',
      receivedDateTime: '2026-11-26T10:30:00Z',
    }));
    tests.sandbox.fail({ operation: 'listMessageTraces', status: 200, body: { value } });
    const { recipients } = await transport.trace(messageId, { details: true });
    expect(recipients.map(({ events }) => events)).toEqual([[], [], [], []]);
    expect(detailsAsked()).toEqual([]);
  });

  test('a link to another host gets no token', async () => {
    const transport = tests.transport();
    const messageId = await send(transport, 'a@example.com');
    tests.sandbox.fail({
      operation: 'listMessageTraceDetails',
      status: 200,
      body: { value: [], '@odata.nextLink': 'https://example.com/v1.0/x' },
    });
    await expect(transport.trace(messageId, { details: true })).rejects.toThrow(/it was not followed$/);
  });

  test('are true or false', async () => {
    await expect(tests.transport().trace('a@contoso.com', { details: 'yes' as never })).rejects.toMatchObject({
      code: 'ECONFIG',
      message: expect.stringMatching(/"details" of trace\(\) must be true or false, not 'yes'/),
    });
    expect(asked()).toEqual([]);
  });
});

describe('repeats what is only asked', () => {
  test.each([
    ['a reset', { cut: 'reset' }],
    ['an answer that breaks off', { cut: 'truncate' }],
    ['500', { status: 500 }],
    ['429 with Retry-After', { status: 429, headers: { 'Retry-After': '0' } }],
    ['a token that ran out', { status: 401 }],
  ] as const)('after %s', async (_case, rule) => {
    const transport = tests.transport();
    const messageId = await send(transport, 'reader@example.com');
    tests.sandbox.fail({ operation: 'listMessageTraces', ...rule });
    expect((await transport.trace(messageId)).recipients).toHaveLength(1);
    expect(asked()).toHaveLength(2);
  });

  test('and tells when to ask again where that is too long', async () => {
    tests.sandbox.fail({ operation: 'listMessageTraces', status: 429, headers: { 'Retry-After': '240' } });
    await expect(tests.transport().trace('a@contoso.com')).rejects.toMatchObject({
      code: 'EGRAPH',
      retryAfter: 240,
      permanent: false,
      mailbox: undefined,
      hint: expect.stringMatching(/more than 100 message traces in 5 minutes/),
    });
    expect(asked()).toHaveLength(1);
  });

  test('but not for ever', async () => {
    tests.sandbox.fail({ operation: 'listMessageTraces', status: 500, times: Infinity });
    const failure = tests.transport({ retries: 1 }).trace('a@contoso.com');
    await expect(failure).rejects.toMatchObject({
      code: 'EGRAPH',
      httpStatus: 500,
      ambiguous: false,
      hint: expect.stringMatching(/Ask again later/),
    });
    expect(asked()).toHaveLength(2);
  });
});

describe('says how to enable it', () => {
  test.each<[string, SandboxOptions, object]>([
    [
      'without the permission',
      { apps: [{ ...app, roles: ['Mail.Send'] }] },
      { code: 'EAUTH', httpStatus: 403, hint: expect.stringMatching(/application permission ExchangeMessageTrace\.Read\.All/) },
    ],
    [
      "without Microsoft's service principal",
      { messageTrace: { provisioned: false } },
      { code: 'EAUTH', httpStatus: 401, hint: expect.stringMatching(/az ad sp create --id 8bd644d1-64a1-4d4b-ae52-2e0cbf64e373/) },
    ],
    [
      'in a cloud that has none',
      { messageTrace: { available: false } },
      { code: 'EGRAPH', hint: expect.stringMatching(/in the global cloud only/) },
    ],
  ])('%s', async (_case, options, error) => {
    const sandbox = await startSandbox({ apps: [app], ...options });
    const transport = graphTransport(sandbox.options);
    await expect(transport.trace('a@contoso.com')).rejects.toMatchObject({ ...error, permanent: true });
    transport.close({ force: true });
    await sandbox.close();
  });
});

test('refuses what is no Message-ID, no date and no signal before anything is asked', async () => {
  const transport = tests.transport();
  await expect(transport.trace('')).rejects.toMatchObject({ code: 'ECONFIG', message: expect.stringMatching(/needs the Message-ID/) });
  await expect(transport.trace('a@b', { since: '2020-01-01' })).rejects.toMatchObject({ code: 'ECONFIG' });
  await expect(transport.trace('a@b', { signal: 'stop' as never })).rejects.toThrow(/must be an AbortSignal/);
  expect(tests.sandbox.requests).toEqual([]);
});

test('can be cancelled, by a signal and by close()', async () => {
  const fault = tests.sandbox.fail({ operation: 'listMessageTraces', delay: 60_000, times: Infinity });
  const transport = tests.transport();
  const stop = new AbortController();
  const first = transport.trace('a@contoso.com', { signal: stop.signal });
  const second = transport.trace('b@contoso.com');
  first.catch(() => undefined);
  second.catch(() => undefined);
  while (fault.hits === 0) await new Promise(setImmediate);
  transport.close();
  await expect(second).rejects.toMatchObject({ code: 'ECONNECTION', message: expect.stringMatching(/while a message trace waited/) });
  stop.abort(new Error('enough'));
  await expect(first).rejects.toMatchObject({ code: 'EABORT', name: 'AbortError', message: expect.stringMatching(/trace the message/) });
});

test('is there on a lazy transport, on one of a URL, and on copies', async () => {
  const lazy = graphTransport.lazy(() => tests.sandbox.options);
  const { trace } = { ...lazy } as unknown as Pick<GraphTransport, 'trace'>;
  expect((await trace('a@contoso.com')).recipients).toEqual([]);
  lazy.close({ force: true });
  const { tenantId, clientId, clientSecret, mailbox } = tests.sandbox.options;
  const byUrl = mailTransport(`msgraph://${clientId}:${encodeURIComponent(clientSecret)}@${tenantId}/${mailbox}`) as GraphTransport;
  expect(typeof byUrl.trace).toBe('function');
  byUrl.close();
});
