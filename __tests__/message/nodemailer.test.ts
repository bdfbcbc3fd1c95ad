import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { nodemailerInUse } from '../support/nodemailer-versions.js';
import { createLogger, createMimeNode, openUrl } from '../../lib/message/nodemailer.js';

type Write = (...entry: unknown[]) => void;

describe('createLogger', () => {
  test('writes to the logger of the app, with the component', () => {
    const lines: unknown[][] = [];
    const write = (...entry: unknown[]) => void lines.push(entry);
    const logger = createLogger<Record<string, Write>>({ info: write, warn: write }, 'graph-transport');
    logger['info']?.({ mailbox: 'noreply@contoso.com' }, 'Sent %s', 'a message');
    expect(lines).toEqual([
      [expect.objectContaining({ component: 'graph-transport', mailbox: 'noreply@contoso.com' }), 'Sent %s', 'a message'],
    ]);
  });

  test('survives a logger that throws', () => {
    const logger = createLogger<Record<string, Write>>(
      {
        warn: () => {
          throw new Error('the disk is full');
        },
      },
      'graph-transport',
    );
    expect(() => logger['warn']?.({}, 'x')).not.toThrow();
  });

  test.each([undefined, false, null])('says nothing where the app has none: %s', (given) => {
    const written = [jest.spyOn(console, 'log'), jest.spyOn(process.stdout, 'write')];
    const logger = createLogger<Record<string, Write>>(given, 'graph-transport');
    for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal']) logger[level]?.({}, 'x');
    for (const spy of written) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }
  });
});

describe('createMimeNode', () => {
  test('encodes and parses as Nodemailer does, and has no type of its own', () => {
    const node = createMimeNode();
    expect(node.getHeader('Content-Type')).toBeUndefined();
    node.setHeader('To', [{ name: 'Grüße', address: 'a@example.com' }]);
    expect(node.buildHeaders()).toContain('To: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?= <a@example.com>');
    expect(node._parseAddresses('A <a@example.com>')).toEqual([{ name: 'A', address: 'a@example.com' }]);
  });
});

describe('openUrl', () => {
  const requests: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    requests.push(request.headers);
    response.end('0123456789');
  });
  const limits = { maxBytes: 10, maxTime: 10_000 };
  let href: string;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    href = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  async function fetch(given: Partial<typeof limits>): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of openUrl(createMimeNode(), { href, httpHeaders: { 'X-Key': '1234' } }, { ...limits, ...given }))
      chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  }

  test('gives what is there, asked for with the headers of the app', async () => {
    expect(await fetch({})).toBe('0123456789');
    expect(requests.at(-1)).toMatchObject({ 'x-key': '1234' });
  });

  // older ones have no limit that could be set
  const withLimits = nodemailerInUse === '10' ? test : test.skip;
  withLimits('stops where it is too much', async () => {
    await expect(fetch({ maxBytes: 9 })).rejects.toThrow(/size|large|limit|exceed/i);
  });
});
