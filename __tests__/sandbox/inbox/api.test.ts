import { message, mime, recipient } from '../client.js';
import { listen, useInbox } from './inbox-client.js';

const inbox = useInbox({
  mailboxes: ['noreply@contoso.com', 'alerts@contoso.com'],
  minUploadSize: 1,
  outcomes: { 'nobody@example.com': 'failed' },
});

const plan = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const send = (more: object = {}, options: object = {}) => inbox.client.sendMail(message(more), options);
const subjects = async (query: string) => {
  const { body } = await inbox.get(`messages?${query}`);
  return body.items.map((row: { subject: string }) => row.subject);
};

describe('the list of messages', () => {
  it('has the newest first, with what a row shows', async () => {
    await send({ subject: 'one' });
    await send({
      subject: 'two',
      body: { contentType: 'html', content: '<p>Hello <b>you</b></p>' },
      bccRecipients: [recipient('audit@contoso.com')],
      internetMessageId: '<two@contoso.com>',
    });
    const { body } = await inbox.get('messages');
    expect(body).toMatchObject({ total: 2, offset: 0, more: false });
    expect(body.items.map((row: { subject: string }) => row.subject)).toEqual(['two', 'one']);
    expect(body.items[0]).toMatchObject({
      kind: 'message',
      mailbox: 'noreply@contoso.com',
      recipients: [{ address: 'reader@example.com' }, { address: 'audit@contoso.com' }],
      recipientCount: 2,
      preview: 'Hello you',
      format: 'json',
      route: 'sendMail',
      statuses: [202],
      repeats: 0,
      losses: [],
      read: false,
      sent: true,
      duplicate: false,
      faulted: false,
    });
  });

  it('is paged; what comes meanwhile shifts nothing', async () => {
    for (const subject of ['1', '2', '3', '4', '5']) await send({ subject });
    const first = (await inbox.get('messages?limit=2')).body;
    expect(first).toMatchObject({ total: 5, more: true });
    await send({ subject: '6' });
    expect(await subjects(`limit=2&offset=2&until=${first.until}`)).toEqual(['3', '2']);
    expect((await inbox.get(`messages?limit=2&offset=4&until=${first.until}`)).body).toMatchObject({ more: false, total: 5 });
  });

  it('is searched as the search language says, and again after more came', async () => {
    await send({ subject: 'welcome', body: { contentType: 'html', content: 'x' } });
    await send({ subject: 'invoice', toRecipients: [recipient('billing@example.com')] });
    expect(await subjects('q=subject:welcome')).toEqual(['welcome']);
    expect(await subjects('q=-to:billing')).toEqual(['welcome']);
    await send({ subject: 'welcome again' });
    expect(await subjects('q=subject:welcome')).toEqual(['welcome again', 'welcome']);
    expect((await inbox.get('messages?q=before:soon')).body.error).toMatchObject({
      code: 'InvalidQuery',
      message: expect.stringContaining("'before:'"),
    });
    expect((await inbox.get(`messages?q=${'a'.repeat(501)}`)).status).toBe(400);
    expect((await inbox.get('messages?limit=1000')).body.error.message).toContain("'limit' must be a whole number from 0 to 200");
  });

  it('finds by status, loss and fault', async () => {
    inbox.sandbox.fail({ status: 429 });
    const id = { internetMessageId: '<a@contoso.com>', subject: 'a' };
    const headers = { 'x-graph-transport-plan': plan({ messageId: '<a@contoso.com>', losses: [{ feature: 'text', detail: 'd' }] }) };
    await send(id, { headers });
    await send(id, { headers });
    await send({ subject: 'b' });
    expect(await subjects('q=status:429')).toEqual(['a']);
    expect(await subjects('q=loss:text')).toEqual(['a']);
    expect(await subjects('q=loss:none')).toEqual(['b']);
    expect(await subjects('q=is:faulted')).toEqual(['a']);
    expect(await subjects('q=is:retried')).toEqual(['a']);
  });
});

describe('a message', () => {
  it('tells its envelope, with the plan’s words where there is one', async () => {
    await send(
      { ccRecipients: [recipient('cc@example.com')], bccRecipients: [recipient('set@example.com'), recipient('Envelope@example.com')] },
      {
        headers: {
          'x-graph-transport-plan': plan({
            added: ['envelope@example.com'],
            removed: [{ address: 'customer@example.com', field: 'to' }],
            losses: [{ feature: 'to', detail: 'taken out' }],
            weights: { json: { weight: 0, losses: [] }, mime: null },
          }),
        },
      },
    );
    const { body } = await inbox.get('messages/latest');
    expect(body.envelope.map(({ address, gets, why }: Record<string, unknown>) => [address, gets, why])).toEqual([
      ['reader@example.com', true, 'to'],
      ['cc@example.com', true, 'cc'],
      ['set@example.com', true, 'bcc'],
      ['Envelope@example.com', true, 'envelope-only'],
      ['customer@example.com', false, 'removed'],
    ]);
    expect(body.plan).toMatchObject({
      losses: [{ feature: 'to', avoid: expect.any(String) }],
      formats: { json: { weight: 0 }, mime: null },
    });
  });

  it('tells who was accepted and not reached, in its envelope and among the bounces', async () => {
    await send({ toRecipients: [recipient('reader@example.com'), recipient('Nobody@example.com')] });
    const { body } = await inbox.get('messages/latest');
    expect(body.envelope.map(({ address, gets, why }: Record<string, unknown>) => [address, gets, why])).toEqual([
      ['reader@example.com', true, 'to'],
      ['Nobody@example.com', false, 'bounced'],
    ]);
    expect((await inbox.get('bounces')).body.items).toMatchObject([
      {
        recipients: ['nobody@example.com'],
        reason: expect.stringContaining('RecipientNotFound'),
        remedy: expect.stringMatching(/^Check the address/),
      },
    ]);
  });

  it('tells its envelope by what it sees where no plan was told, however many there are', async () => {
    const toRecipients = Array.from({ length: 500 }, (_, index) => recipient(`r${index}@example.com`));
    await send({ toRecipients });
    const { body } = await inbox.get('messages/latest');
    expect(body.plan).toBeNull();
    expect(body.envelope.filter(({ gets }: { gets: boolean }) => gets).map(({ address }: { address: string }) => address)).toEqual(
      inbox.sandbox.messages[0]?.recipients,
    );
  });

  it('tells its life: refused, waited, sent', async () => {
    const fault = inbox.sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'Retry-After': '1' } });
    const same = { internetMessageId: '<life@contoso.com>' };
    await send(same);
    await send(same);
    const { body } = await inbox.get('messages/latest');
    expect(body.statuses).toEqual([429, 202]);
    expect(body.timeline).toMatchObject([
      {
        operation: 'sendMail',
        status: 429,
        retryAfterMs: 1000,
        repeat: false,
        fault: { id: fault.id, label: 'the next sendMail → 429, Retry-After: 1' },
      },
      { operation: 'sendMail', status: 202, repeat: true, fault: null },
    ]);
    expect(body.faultRules).toEqual([{ operation: 'sendMail', status: 429, headers: { 'Retry-After': '1' } }]);
    expect((await inbox.get('refused/nothing')).status).toBe(404);
    expect((await inbox.get('messages?kinds=refused')).body.total).toBe(0);
    expect(inbox.sandbox.messages).toHaveLength(1);
  });

  it('takes a repeat for one also where the client names no Message-ID', async () => {
    inbox.sandbox.fail({ status: 503 });
    await send({ subject: 'nameless' });
    expect((await inbox.get('messages?kinds=refused')).body.total).toBe(1);
    await send({ subject: 'nameless' });
    expect((await inbox.get('messages?kinds=refused')).body.total).toBe(0);
    expect((await inbox.get('messages/latest')).body.statuses).toEqual([503, 202]);
  });

  it('tells every chunk of an upload', async () => {
    const base = '/v1.0/users/noreply@contoso.com/messages';
    const { body: draft } = await inbox.client.send(base, { body: message() });
    const AttachmentItem = { attachmentType: 'file', name: 'big.bin', size: 10 };
    const { body: session } = await inbox.client.send(`${base}/${draft.id}/attachments/createUploadSession`, { body: { AttachmentItem } });
    expect((await inbox.get('drafts')).body.items).toMatchObject([
      { subject: 'Monthly report', uploads: [{ name: 'big.bin', size: 10, received: 0 }] },
    ]);
    for (const [range, bytes] of [
      ['bytes 0-5/10', 6],
      ['bytes 6-9/10', 4],
    ] as const) {
      await inbox.client.send(session.uploadUrl, {
        method: 'PUT',
        token: '',
        headers: { 'content-range': range },
        body: Buffer.alloc(bytes),
      });
    }
    await inbox.client.send(`${base}/${draft.id}/send`, { headers: { 'content-length': '0' } });
    const { body } = await inbox.get('messages/latest');
    expect(body.timeline.map(({ operation }: { operation: string }) => operation)).toEqual([
      'createDraft',
      'createUploadSession',
      'uploadChunk',
      'uploadChunk',
      'send',
    ]);
    expect(body.timeline.map(({ chunk }: { chunk: unknown }) => chunk).filter(Boolean)).toEqual([
      { from: 0, to: 5, total: 10, name: 'big.bin' },
      { from: 6, to: 9, total: 10, name: 'big.bin' },
    ]);
    expect(body).toMatchObject({ route: 'draft', statuses: [202], attachmentList: [{ name: 'big.bin', size: 10 }] });
    expect((await inbox.get('drafts')).body.items).toEqual([]);
  });

  it.each(['json', 'mime'] as const)('tells its size with what was added to the draft, posted as %s', async (format) => {
    const base = '/v1.0/users/noreply@contoso.com/messages';
    const source = mime(['From: noreply@contoso.com', 'To: a@example.com', 'Subject: M', 'Message-ID: <m@contoso.com>', '', 'Hi']);
    const { body: draft } = await inbox.client.send(
      base,
      format === 'json' ? { body: message() } : { body: Buffer.from(source).toString('base64'), headers: { 'content-type': 'text/plain' } },
    );
    const contentBytes = Buffer.alloc(300_000, 1).toString('base64');
    await inbox.client.send(`${base}/${draft.id}/attachments`, {
      body: { '@odata.type': '#microsoft.graph.fileAttachment', name: 'a.bin', contentBytes },
    });
    await inbox.client.send(`${base}/${draft.id}/send`, { headers: { 'content-length': '0' } });
    const { size, sourceBytes, route } = (await inbox.get('messages/latest')).body;
    expect(route).toBe('draft');
    expect(sourceBytes).toBeGreaterThan(400_000);
    expect(size / sourceBytes).toBeCloseTo(1, 1);
    expect((await inbox.get('messages?q=larger:400k')).body.total).toBe(1);
  });

  it('gives its text, html, source and what was posted, whole or cut between characters', async () => {
    const contentBytes = Buffer.alloc(3000, 1).toString('base64');
    await send({
      body: { contentType: 'html', content: '<p>Größe</p>' },
      attachments: [{ '@odata.type': '#microsoft.graph.fileAttachment', name: 'ä"b/c.bin', contentBytes }],
    });
    expect((await inbox.get('messages/latest/html')).text).toBe('<p>Größe</p>');
    const cut = await inbox.get('messages/latest/html?limit=6');
    expect([cut.text, cut.headers['x-total-bytes']]).toEqual(['<p>Gr', '14']);
    expect((await inbox.get('messages/latest/text')).text).toBe('Größe');
    expect((await inbox.get('messages/latest/source')).text).toMatch(/^From: /);
    expect((await inbox.get('messages/latest/posted')).text).toContain('[4000 characters of base64]');
    expect((await inbox.get('messages/latest/posted?full=1')).text).toContain(contentBytes);
    const part = await inbox.get('messages/latest/parts/0');
    expect(part.bytes).toEqual(Buffer.alloc(3000, 1));
    expect(part.headers['content-disposition']).toBe("attachment; filename*=UTF-8''%C3%A4_b_c.bin");
    expect((await inbox.get('messages/latest/parts/1')).status).toBe(404);
    expect((await inbox.get('messages/latest/parts/..%2f0')).status).toBe(404);
    const eml = await inbox.get('messages/latest/source?download=1');
    expect(eml.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': "attachment; filename*=UTF-8''Monthly%20report.eml",
    });
  });

  it('gives what was posted as MIME, and its requests as HAR', async () => {
    const posted = mime(['From: noreply@contoso.com', 'To: a@example.com', 'Subject: M', 'Message-ID: <m@contoso.com>', '', 'Hi']);
    await inbox.client.sendMime(posted);
    expect((await inbox.get('messages/latest/posted')).text).toBe(posted);
    const { body } = await inbox.get('messages/latest/har');
    expect(body.log.entries).toMatchObject([{ request: { method: 'POST' }, response: { status: 202 } }]);
    expect(JSON.stringify(body)).not.toMatch(/Bearer ey/);
  });

  it('is marked as read by a POST, never by looking', async () => {
    await send();
    const { id } = (await inbox.get('messages/latest')).body;
    await inbox.get(`messages/${id}/html`);
    expect((await inbox.get('messages/latest')).body.read).toBe(false);
    expect((await inbox.post('messages/read', { ids: [id], read: true })).body.unread).toBe(0);
    expect((await inbox.get('messages/latest')).body.read).toBe(true);
    expect(await subjects('q=is:unread')).toEqual([]);
    expect((await inbox.post('messages/read', { ids: id, read: true })).status).toBe(400);
  });

  it('is known as a duplicate of another', async () => {
    const twice = { internetMessageId: '<twice@contoso.com>' };
    inbox.sandbox.fail({ accepted: true, cut: 'reset' });
    await send(twice).catch(() => undefined);
    await send(twice);
    const { body } = await inbox.get('messages?q=is:duplicate');
    expect(body.items).toMatchObject([
      { duplicate: true, statuses: [202] },
      { duplicate: true, statuses: [0], faulted: true },
    ]);
    expect((await inbox.get('messages/latest')).body.duplicates).toEqual([body.items[1].id]);
  });
});

describe('a refused send', () => {
  it('names the missing permission, the remedy and the message', async () => {
    await send({ subject: 'refused', internetMessageId: '<r@contoso.com>' }, { token: inbox.sandbox.issueToken({ roles: ['Mail.Read'] }) });
    const { body } = await inbox.get('messages?kinds=message,refused');
    expect(body.items).toMatchObject([
      {
        kind: 'refused',
        status: 403,
        code: 'ErrorAccessDenied',
        reason: 'The token has no Mail.Send; it has Mail.Read.',
        remedy: expect.stringContaining('grant admin consent'),
        docs: 'errors.html#erroraccessdenied',
        subject: 'refused',
        recipients: [{ address: 'reader@example.com' }],
        messageId: '<r@contoso.com>',
        attempts: 1,
        faulted: false,
        permanent: true,
      },
    ]);
    const detail = await inbox.get(`refused/${body.items[0].id}`);
    expect(detail.body).toMatchObject({
      missingPermissions: ['Mail.Send'],
      envelope: [{ address: 'reader@example.com', gets: false, why: 'refused' }],
      timeline: [{ status: 403 }],
      caller: { roles: ['Mail.Read'] },
    });
  });

  it('may be a sign-in', async () => {
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: inbox.sandbox.options.clientId,
      client_secret: 'wrong',
      scope: `${inbox.sandbox.graphEndpoint}/.default`,
    });
    const token = () =>
      inbox.client.send(`${inbox.sandbox.authorityHost}/${inbox.sandbox.tenantId}/oauth2/v2.0/token`, {
        body: body.toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        token: '',
      });
    await token();
    await token();
    const { items } = (await inbox.get('messages?kinds=refused')).body;
    expect(items).toMatchObject([
      {
        operation: 'token',
        status: 401,
        code: 'AADSTS7000215',
        attempts: 2,
        reason: expect.stringContaining('Invalid client secret'),
        subject: null,
      },
    ]);
    expect((await inbox.get('requests')).text).not.toContain('wrong');
  });

  it('is read from MIME that was refused before it was looked at', async () => {
    const posted = mime([
      'From: noreply@contoso.com',
      'To: "Reader, A" <a@example.com>, b@example.com',
      'Subject: =?utf-8?q?Gr=C3=B6=C3=9Fe?=',
      '',
      'Hi',
    ]);
    inbox.sandbox.fail({ status: 403 });
    await inbox.client.sendMime(posted);
    expect((await inbox.get('messages?kinds=refused')).body.items).toMatchObject([
      { subject: 'Größe', faulted: true, recipients: [{ address: 'a@example.com', name: 'Reader, A' }, { address: 'b@example.com' }] },
    ]);
  });

  it('is not what verify() asks, nor a draft that is looked for and not there', async () => {
    await send({ subject: 'Access check', body: { contentType: 'text', content: '' }, toRecipients: [] });
    await inbox.client.send('/v1.0/users/noreply@contoso.com/messages/AAMkAGI1AAAoZCfHAAA012345678901234=', { method: 'GET' });
    expect(inbox.sandbox.requests.map(({ status }) => status)).toEqual([400, 404]);
    expect((await inbox.get('messages?kinds=refused')).body.total).toBe(0);
    expect((await inbox.get('requests')).body.total).toBe(2);
  });
});

describe('requests', () => {
  it('show headers, bodies, the reason, and a command without the token', async () => {
    await send({ internetMessageHeaders: [{ name: 'List-Id', value: 'x' }] });
    const { items } = (await inbox.get('requests?q=status:400')).body;
    const { body } = await inbox.get(`requests/${items[0].id}`);
    expect(body).toMatchObject({
      operation: 'sendMail',
      status: 400,
      code: 'InvalidInternetMessageHeader',
      reason: expect.stringContaining("'List-Id'"),
      remedy: expect.stringContaining('x- headers'),
      body: expect.stringContaining('"subject": "Monthly report"'),
      answer: { body: expect.stringContaining('InvalidInternetMessageHeader') },
    });
    expect(body.headers).toContainEqual({ name: 'authorization', value: '[redacted]' });
    expect(body.curl).toMatch(/^curl --cacert .*\\\n {2}-H "Authorization: Bearer \$TOKEN"/);
    expect(body.curl).not.toContain('ey');
  });
});

describe('faults', () => {
  it('are armed, listed with what they struck, and removed', async () => {
    const { presets } = (await inbox.get('faults')).body;
    expect(presets.length).toBeGreaterThan(5);
    for (const { rule } of presets) expect((await inbox.post('faults', rule)).status).toBe(201);
    await inbox.remove('faults');
    const armed = (await inbox.post('faults', { operation: 'sendMail', status: 503, times: null })).body;
    expect(armed).toMatchObject({ label: 'every sendMail → 503', hits: 0, remaining: null, source: 'inbox', hasMatch: false });
    inbox.sandbox.fail({ match: () => false, delay: 5 });
    expect((await send()).status).toBe(503);
    const [first, second] = (await inbox.get('faults')).body.items;
    expect(first).toMatchObject({ hits: 1, struck: [inbox.sandbox.requests[0]?.requestId] });
    expect(second).toMatchObject({ source: 'code', hasMatch: true });
    expect((await inbox.remove(`faults/${armed.id}`)).status).toBe(204);
    expect((await inbox.remove(`faults/${armed.id}`)).status).toBe(404);
    expect((await send()).status).toBe(202);
  });

  it.each<[unknown, RegExp]>([
    [[], /A fault is a JSON object/],
    [{}, /needs 'status', 'cut' or 'delay'/],
    [{ status: 99 }, /'status' of a fault must be a whole number from 200 to 599/],
    [{ status: 429, times: 0 }, /'times' of a fault must be a whole number from 1/],
    [{ status: 429, match: 'x' }, /A fault has no 'match'/],
    [{ status: 429, operation: 'everything' }, /'operation' of a fault must be one or several of/],
    [{ status: 429, headers: { 'X-A': 'a\r\nb: c' } }, /'headers' of a fault/],
    [{ cut: 'half' }, /'cut' of a fault/],
    [JSON.parse('{"status":429,"__proto__":1}'), /has no '__proto__'/],
  ])('%j is refused', async (rule, text) => {
    const reply = await inbox.post('faults', rule);
    expect([reply.status, reply.body.error.code]).toEqual([400, 'InvalidRule']);
    expect(reply.body.error.message).toMatch(text);
    expect(inbox.sandbox.faults).toEqual([]);
  });
});

describe('deleting', () => {
  it('takes messages out of the sandbox, and puts them back to where they were', async () => {
    for (const subject of ['1', '2', '3']) await send({ subject });
    const removed = (await inbox.remove('messages?q=subject:2')).body;
    expect(removed).toMatchObject({ removed: 1, undo: expect.any(String) });
    expect(inbox.sandbox.messages.map(({ subject }) => subject)).toEqual(['1', '3']);
    expect(inbox.sandbox.sentItems('noreply@contoso.com')).toHaveLength(2);
    expect((await inbox.post('undo', { undo: removed.undo })).body).toEqual({ restored: 1 });
    expect(await subjects('')).toEqual(['3', '2', '1']);
    expect(inbox.sandbox.messages.map(({ subject }) => subject)).toEqual(['1', '2', '3']);
    expect(inbox.sandbox.sentItems('noreply@contoso.com')).toHaveLength(3);
    expect((await inbox.post('undo', { undo: removed.undo })).status).toBe(404);
  });

  it('takes one message, refused rows, a draft', async () => {
    await send();
    const { id } = (await inbox.get('messages/latest')).body;
    expect((await inbox.remove(`messages/${id}`)).body.removed).toBe(1);
    expect((await inbox.get(`messages/${id}`)).status).toBe(404);
    await send({}, { token: 'x' });
    const refused = (await inbox.remove('messages?kinds=refused')).body;
    expect(refused.removed).toBe(1);
    await inbox.post('undo', { undo: refused.undo });
    expect((await inbox.get('messages?kinds=refused')).body.total).toBe(1);
    const { body: draft } = await inbox.client.send('/v1.0/users/noreply@contoso.com/messages', {
      body: message(),
      headers: { prefer: 'IdType="ImmutableId"' },
    });
    expect((await inbox.remove(`drafts/${draft.id}`)).body.removed).toBe(1);
    expect(inbox.sandbox.drafts).toEqual([]);
  });
});

describe('wait', () => {
  it('answers with a mail of the past, or as soon as one comes', async () => {
    await send({ subject: 'past' });
    expect((await inbox.get('wait?q=subject:past')).body.subject).toBe('past');
    const { seq } = (await inbox.get('status')).body;
    const waiting = inbox.get(`wait?q=to:reader&after=${seq}&timeout=20000`);
    await send({ subject: 'other', toRecipients: [recipient('else@example.com')] });
    await send({ subject: 'future' });
    const { status, body } = await waiting;
    expect([status, body.subject, body.statuses]).toEqual([200, 'future', [202]]);
  });

  it('says what there was where none came, the refused included', async () => {
    await send({ subject: 'wrong one' });
    await send({}, { token: 'x' });
    const { status, body } = await inbox.get('wait?q=subject:right&timeout=20');
    expect([status, body.error.code]).toEqual([404, 'NotArrived']);
    expect(body.error.message).toMatch(
      /No mail matched subject:right within 20 ms\. The last ones: 'wrong one'\. The last refused: 401 InvalidAuthenticationToken/,
    );
    expect((await inbox.get('wait?q=is:nice')).status).toBe(400);
    expect((await inbox.get('wait?timeout=120001')).status).toBe(400);
  });
});

describe('events', () => {
  it('tell what happened, one for each thing, and go on where one left off', async () => {
    const first = listen(inbox.url('events'), (events) => events.some(({ kind }) => kind === 'counts'));
    // the stream is open when its first event is there
    await new Promise((resolve) => setTimeout(resolve, 50));
    inbox.sandbox.fail({ status: 429 });
    await send({ subject: 'live', internetMessageId: '<live@contoso.com>' });
    await send({ subject: 'live', internetMessageId: '<live@contoso.com>' });
    const { events, id } = await first;
    expect(events[0]).toMatchObject({ kind: 'hello', resumed: false, counts: { messages: expect.any(Number) } });
    const kinds = events.map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['fault', 'request', 'counts']));
    const rest = await listen(inbox.url('events'), (more) => more.some(({ kind }) => kind === 'hello'), { 'last-event-id': id });
    expect(rest.events[0]).toMatchObject({ kind: 'hello', resumed: true });
    const all = [...events, ...rest.events];
    expect(all.filter(({ kind }) => kind === 'message')).toMatchObject([{ isNew: true, row: { subject: 'live', statuses: [429, 202] } }]);
    const numbers = all.filter(({ kind }) => kind !== 'hello').map(({ seq }) => seq);
    expect(numbers).toEqual([...numbers].sort((one, two) => one - two));
  });

  it('say that there is a gap to who comes from another sandbox', async () => {
    const { events } = await listen(inbox.url('events'), (all) => all.length > 0, { 'last-event-id': 'abcdef123456:5' });
    expect(events[0]).toMatchObject({ kind: 'hello', resumed: false });
  });

  it('tell of clear(), of deletions and of what is put back', async () => {
    await send();
    const { id } = await listen(inbox.url('events'), (all) => all.length > 0);
    const removed = (await inbox.remove('messages')).body;
    await inbox.post('undo', { undo: removed.undo });
    inbox.sandbox.clear();
    const { events } = await listen(inbox.url('events'), (all) => all.length > 1, { 'last-event-id': id });
    const kinds = events.map(({ kind }) => kind).filter((kind) => ['removed', 'restored', 'cleared'].includes(kind));
    expect(kinds).toEqual(['removed', 'restored', 'cleared']);
  });
});

describe('the other panels', () => {
  it('show the settings to paste', async () => {
    const { body } = await inbox.get('settings');
    const { tls, ...settings } = inbox.sandbox.options;
    expect(body).toMatchObject({ ...settings, ca: tls.ca });
    expect(body.code).toContain(`graphEndpoint: '${inbox.sandbox.graphEndpoint}'`);
  });

  it('show who called, with least privilege', async () => {
    await send();
    const { items } = (await inbox.get('callers')).body;
    expect(items).toMatchObject([
      {
        kind: 'app',
        roles: ['Mail.Send', 'Mail.ReadWrite'],
        permissions: [
          { name: 'Mail.Send', source: 'entra', used: 1, operations: ['sendMail'] },
          { name: 'Mail.ReadWrite', source: 'entra', used: 0 },
        ],
        unused: ['Mail.ReadWrite'],
        missing: [],
        allowedMailboxes: null,
      },
    ]);
    expect(items[0].advice.join(' ')).toMatch(/Mail\.ReadWrite was not needed.*good for every mailbox of the tenant/);
    expect(JSON.stringify(items)).not.toMatch(/eyJ/);
  });

  it('show Sent Items, bounces, counts', async () => {
    await send({ subject: 'kept' });
    await send({ subject: 'not kept' }, { parameters: { saveToSentItems: false } });
    const toRecipients = Array.from({ length: 501 }, (_, index) => recipient(`r${index}@example.com`));
    await send({ subject: 'bounced', toRecipients });
    expect((await inbox.get('sent/noreply@contoso.com')).body.items).toMatchObject([{ subject: 'kept', sent: true }]);
    expect((await inbox.get('sent/nobody@contoso.com')).status).toBe(404);
    expect((await inbox.get('bounces')).body.items).toMatchObject([
      { subject: 'bounced', recipientCount: 501, reason: expect.stringContaining('550 5.5.3'), remedy: expect.any(String) },
    ]);
    expect((await inbox.get('status')).body.counts).toMatchObject({ messages: 2, unread: 2, bounces: 1, requests: 3, drafts: 0 });
  });

  it('send a sample the whole way', async () => {
    expect((await inbox.post('sample', {})).status).toBe(202);
    const { body } = await inbox.get('messages/latest');
    expect(body).toMatchObject({
      subject: 'A sample from the sandbox',
      attachmentList: [{ isImage: true, isInline: true }, { name: 'notes.txt' }],
    });
    expect(body.timeline.map(({ operation }: { operation: string }) => operation)).toEqual(['token', 'sendMail']);
    expect((await inbox.post('sample', { mailbox: 'nobody@contoso.com' })).status).toBe(404);
  });
});
