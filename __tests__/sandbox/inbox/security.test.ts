import { connect } from 'node:net';
import { request as httpRequest } from 'node:http';
import { spawnSync } from 'node:child_process';
import { startSandbox } from '../../../lib/sandbox/index.js';
import { bundle, root } from '../bundle.js';
import { message } from '../client.js';
import { call, useInbox, WRITE } from './inbox-client.js';

const inbox = useInbox();
const everything = ['', 'app.js', 'api/v1/status', 'api/v1/messages', 'api/v1/events', 'api/v1/openapi.json', 'nowhere'];
const at = (path: string): string => `${inbox.sandbox.inboxUrl}${path}`;
const port = (): string => new URL(inbox.sandbox.inboxUrl ?? '').port;

/** The head of an answer to whatever is written. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port()), '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += String(chunk);
      if (answer.includes('\r\n\r\n')) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

describe('a page of another name', () => {
  it.each(everything)('gets 421 for /%s', async (path) => {
    for (const host of [`evil.example:${port()}`, 'evil.example', '127.0.0.1', '127.0.0.1:1', `localhost.evil.example:${port()}`]) {
      const answer = await raw(`GET /${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 421 /);
    }
  });
});

describe('a page of another origin, another port of localhost included', () => {
  it.each(['cross-site', 'same-site', 'something-new'])('reads nothing: Sec-Fetch-Site %s', async (site) => {
    for (const path of everything.filter((one) => one !== '')) {
      const { status, body } = await call(at(path), { headers: { 'sec-fetch-site': site } });
      expect([path, status, body.error.code]).toEqual([path, 403, 'CrossSite']);
    }
  });

  it('may link to the page, not frame it', async () => {
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    const page = await call(at(''), { headers: link });
    expect([page.status, page.headers['content-security-policy']]).toEqual([200, expect.stringContaining("frame-ancestors 'none'")]);
    expect((await call(at(''), { headers: { ...link, 'sec-fetch-dest': 'iframe' } })).status).toBe(403);
    expect((await call(at('api/v1/messages'), { headers: link })).status).toBe(403);
  });

  it.each<[string, string, Record<string, string>, number]>([
    ['POST', 'faults', { 'content-type': 'application/json' }, 403],
    ['POST', 'faults', { 'content-type': 'text/plain', 'x-sandbox-inbox': '1' }, 415],
    ['POST', 'faults', { 'content-type': 'application/x-www-form-urlencoded', 'x-sandbox-inbox': '1' }, 415],
    ['POST', 'faults', { ...WRITE, origin: 'http://127.0.0.1:1' }, 403],
    ['POST', 'faults', { ...WRITE, origin: 'null' }, 403],
    ['POST', 'faults', { ...WRITE, 'sec-fetch-site': 'same-site' }, 403],
    ['DELETE', 'messages', {}, 403],
    ['DELETE', 'messages', { ...WRITE, origin: 'https://evil.example' }, 403],
    ['PUT', 'messages', WRITE, 405],
    ['OPTIONS', 'messages', { 'access-control-request-method': 'DELETE', origin: 'http://localhost:3000' }, 405],
  ])('changes nothing: %s %s with %j', async (method, path, headers, status) => {
    await inbox.client.sendMail(message());
    const reply = await call(inbox.url(path), { method, headers, body: method === 'POST' ? '{"status":429}' : '' });
    expect(reply.status).toBe(status);
    expect([inbox.sandbox.messages.length, inbox.sandbox.faults.length]).toEqual([1, 0]);
  });

  it('the page’s own writes are let through', async () => {
    const origin = new URL(inbox.sandbox.inboxUrl ?? '').origin;
    const headers = { ...WRITE, origin, 'sec-fetch-site': 'same-origin' };
    expect((await inbox.post('faults', { status: 429 }, headers)).status).toBe(201);
  });
});

describe('every answer', () => {
  it('forbids sniffing, framing, referrers, and has no HSTS, no CORS, no cookie', async () => {
    const attachment = {
      '@odata.type': '#microsoft.graph.fileAttachment',
      name: 'a.svg',
      contentType: 'image/svg+xml',
      contentBytes: 'PHN2Zy8+',
    };
    await inbox.client.sendMail(message({ body: { contentType: 'html', content: '<p>x' }, attachments: [attachment] }));
    const paths = ['body', 'body?remote=1', 'html', 'text', 'source', 'source?download=1', 'posted', 'parts/0', 'har', ''];
    const targets = [
      ...everything.filter((path) => !path.endsWith('events')),
      ...paths.map((path) => `api/v1/messages/latest/${path}`.replace(/\/$/, '')),
    ];
    for (const target of targets) {
      const { headers } = await call(at(target));
      const names = Object.keys(headers).join(' ');
      expect([target, names]).toEqual([target, expect.not.stringMatching(/strict-transport-security|access-control|set-cookie/)]);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'x-dns-prefetch-control': 'off',
        'content-security-policy': expect.stringContaining("default-src 'none'"),
      });
      expect(headers['cache-control']).toBe('no-store');
    }
    const events = await raw(`GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:${port()}\r\n\r\n`);
    expect(events).toMatch(/^HTTP\/1\.1 200 /);
    expect(events).not.toMatch(/strict-transport-security|access-control|set-cookie/i);
  });

  it('isolates the html wherever it is opened, remote images by wish and nothing more', async () => {
    await inbox.client.sendMail(message({ body: { contentType: 'html', content: '<!doctype html><script>alert(1)</script>' } }));
    const { headers, text } = await inbox.get('messages/latest/body');
    const policy = String(headers['content-security-policy']);
    expect(policy.split('; ')).toEqual([
      'sandbox allow-popups allow-popups-to-escape-sandbox',
      "default-src 'none'",
      "style-src 'unsafe-inline'",
      'img-src data:',
      'font-src data:',
      'media-src data:',
      "form-action 'none'",
      "base-uri 'none'",
      "frame-ancestors 'self'",
    ]);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(text).toBe('<!doctype html><base target="_blank"><script>alert(1)</script>');
    const remote = (await inbox.get('messages/latest/body?remote=1')).headers['content-security-policy'];
    expect(remote).toBe(policy.replace('img-src data:', 'img-src data: http: https:'));
  });

  it.each([
    ['page.html', 'text/html', 'application/octet-stream'],
    ['logo.svg', 'image/svg+xml', 'application/octet-stream'],
    ['invoice.pdf', 'application/pdf', 'application/octet-stream'],
    ['logo.png', 'image/png', 'image/png'],
    ['logo.png', 'IMAGE/PNG; name=x', 'image/png'],
    ['../../etc/passwd', 'text/plain', 'application/octet-stream'],
    ['a\r\nX-Evil: 1', 'text/plain', 'application/octet-stream'],
    ['exe\u202egnp.js', 'text/plain', 'application/octet-stream'],
    ['', 'text/plain', 'application/octet-stream'],
  ])('downloads %j (%s) as %s', async (name, contentType, expected) => {
    const attachment = { '@odata.type': '#microsoft.graph.fileAttachment', name, contentType, contentBytes: 'PHA+' };
    await inbox.client.sendMail(message({ attachments: [attachment] }));
    const { headers } = await inbox.get('messages/latest/parts/0');
    expect(headers['content-type']).toBe(expected);
    expect(headers['content-disposition']).toMatch(/^attachment; filename\*=UTF-8''[A-Za-z0-9%._~!-]+$/);
    expect(decodeURIComponent(String(headers['content-disposition']))).not.toMatch(/[/\\\r\n\u202e]/);
    expect(headers).not.toHaveProperty('x-evil');
  });
});

describe('the page and the sandbox', () => {
  it('keep apart: its requests are not recorded, faults do not strike it', async () => {
    inbox.sandbox.fail({ operation: ['unknown', 'getMessage', 'listMessages'], status: 503, times: Infinity });
    inbox.sandbox.fail({ status: 503, times: Infinity });
    for (const path of ['', 'api/v1/messages', 'api/v1/requests']) expect((await call(at(path))).status).toBe(200);
    expect(inbox.sandbox.requests).toEqual([]);
  });

  it('has limits: bodies, targets, streams', async () => {
    expect((await inbox.post('faults', { status: 429, message: 'x'.repeat(70_000) })).status).toBe(413);
    expect((await inbox.get(`messages?q=${'a'.repeat(9000)}`)).status).toBe(414);
    expect((await call(inbox.url('faults'), { method: 'POST', headers: WRITE, body: '{' })).body.error.code).toBe('InvalidBody');
    expect((await inbox.get('messages/%zz')).status).toBe(400);
    const streams = Array.from({ length: 32 }, () => httpRequest(inbox.url('events'), { agent: false }));
    await Promise.all(streams.map((stream) => new Promise((resolve) => stream.once('response', resolve).end())));
    expect((await inbox.get('events')).status).toBe(503);
    for (const stream of streams) stream.destroy();
  });

  it('shows neither tokens nor secrets', async () => {
    const token = inbox.sandbox.issueToken();
    await inbox.client.sendMail(message(), { token });
    const paths = [
      'messages/latest',
      'requests',
      `requests/${inbox.sandbox.requests[0]?.requestId}`,
      'callers',
      'messages/latest/har',
      'status',
    ];
    for (const path of paths) expect((await inbox.get(path)).text).not.toContain(token.slice(-40));
    const own = await startSandbox({ inbox: true, apps: [{ clientId: 'c', clientSecret: 'a secret of mine' }] });
    const settings = await call(`${own.inboxUrl}api/v1/settings`);
    expect(settings.body.clientSecret).toBe('[redacted]');
    expect(settings.text).not.toMatch(/secret of mine|secret%20of/);
    await own.close();
  });
});

describe('where others reach it', () => {
  it('takes an address nobody can guess', async () => {
    const sandbox = await startSandbox({ host: '0.0.0.0', inbox: true, apps: [{ clientId: 'c', clientSecret: 'mine' }] });
    const { origin, pathname } = new URL(sandbox.inboxUrl ?? '');
    expect(pathname).toMatch(/^\/k\/[A-Za-z0-9_-]{22}\/$/);
    for (const path of ['/', '/api/v1/messages', '/k/', '/k/AAAAAAAAAAAAAAAAAAAAAA/api/v1/messages', '/app.js']) {
      expect((await call(origin + path)).status).toBe(404);
    }
    expect((await call(`${sandbox.inboxUrl}api/v1/messages`)).status).toBe(200);
    await sandbox.close();
  });
});

describe('close()', () => {
  it('tells every open stream and waits for none', async () => {
    const sandbox = await startSandbox({ inbox: true });
    const texts = Array.from({ length: 5 }, () => {
      let opened = (): void => undefined;
      const open = new Promise<void>((resolve) => (opened = resolve));
      const whole = new Promise<string>((resolve, reject) => {
        const request = httpRequest(`${sandbox.inboxUrl}api/v1/events`, { agent: false }, (response) => {
          let text = '';
          response.on('data', (chunk) => {
            text += String(chunk);
            if (text.includes('hello')) opened();
          });
          response.on('error', () => undefined);
          response.on('close', () => resolve(text));
        });
        request.on('error', reject).end();
      });
      return { open, whole };
    });
    await Promise.all(texts.map(({ open }) => open));
    const waiting = call(`${sandbox.inboxUrl}api/v1/wait?timeout=100000`).catch((error: unknown) => error);
    await sandbox.close();
    for (const { whole } of texts) expect(await whole).toContain('"kind":"end"');
    await waiting;
  });

  it('lets the process exit, open streams or not', () => {
    const script = bundle(`
      import { get } from 'node:http';
      import { startSandbox } from './lib/sandbox/index.ts';
      void startSandbox({ inbox: true }).then(async (sandbox) => {
        const streams = Array.from({ length: 5 }, () => new Promise((resolve) => {
          get(sandbox.inboxUrl + 'api/v1/events', (response) => { response.on('error', () => {}); response.once('data', resolve); response.resume(); }).on('error', () => {});
        }));
        await Promise.all(streams);
        await sandbox.close();
        console.log('closed');
      });`);
    const { stdout, status, signal } = spawnSync(process.execPath, ['-'], { cwd: root, input: script, encoding: 'utf8', timeout: 20_000 });
    expect({ stdout, status, signal }).toEqual({ stdout: 'closed\n', status: 0, signal: null });
  });
});
