import { request } from 'node:https';
import { Hosts } from '../../lib/sandbox/http/hosts.js';
import { startSandbox } from '../../lib/sandbox/index.js';

describe('the Host header', () => {
  it.each<[string | undefined, boolean]>([
    ['127.0.0.1:4013', true],
    ['localhost:4013', true],
    ['LOCALHOST:4013', true],
    ['app.localhost:4013', true],
    ['[::1]:4013', true],
    ['127.0.0.1', false],
    ['127.0.0.1:4014', false],
    ['localhost', false],
    ['evil.example:4013', false],
    ['127.0.0.1.evil.example:4013', false],
    ['localhost.evil.example:4013', false],
    ['evil-localhost:4013', false],
    ['192.168.1.2:4013', false],
    ['127.0.0.1:4013@evil.example', false],
    ['', false],
    [undefined, false],
  ])('%j on loopback: %s', (header, expected) => {
    expect(new Hosts({ host: '127.0.0.1', hostname: undefined }).allows(header, 4013)).toBe(expected);
  });

  it.each<[string, boolean]>([
    ['graph-sandbox:4013', true],
    ['graph-sandbox:14013', true],
    ['localhost:14013', true],
    ['192.168.1.2:4013', true],
    ['[fd00::1]:4013', true],
    ['evil.example:4013', false],
  ])('%j where others reach it: %s', (header, expected) => {
    expect(new Hosts({ host: '0.0.0.0', hostname: 'graph-sandbox' }).allows(header, 4013)).toBe(expected);
  });

  it('decides at Graph, the sign-in service and the uploads, before anything else', async () => {
    const sandbox = await startSandbox();
    sandbox.fail({ operation: ['unknown', 'token', 'sendMail', 'discovery'], status: 503 });
    const upload = (origin: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const headers = { host: 'evil.example', authorization: `Bearer ${sandbox.issueToken()}` };
        const url = `${origin}/v1.0/users/noreply@contoso.com/sendMail`;
        request(url, { method: 'POST', ca: sandbox.ca, servername: 'localhost', headers }, (response) => {
          response.resume().once('end', () => resolve(response.statusCode));
          expect(response.headers).not.toHaveProperty('access-control-allow-origin');
        })
          .on('error', reject)
          .end('{}');
      });
    expect([await upload(sandbox.graphEndpoint), await upload(sandbox.authorityHost)]).toEqual([421, 421]);
    expect(sandbox.requests).toEqual([]);
    expect(sandbox.faults[0]?.hits).toBe(0);
    await sandbox.close();
  });
});

describe('a sandbox that others reach', () => {
  it('demands a secret of its own', async () => {
    await expect(startSandbox({ host: '0.0.0.0' })).rejects.toThrow(
      /"apps" must have a clientSecret of your own where "host" is '0\.0\.0\.0'/,
    );
    await expect(startSandbox({ host: '::', apps: [{ clientId: 'c', clientSecret: 'sandbox-client-secret' }] })).rejects.toThrow(/"apps"/);
    const sandbox = await startSandbox({ host: '0.0.0.0', hostname: 'localhost', apps: [{ clientId: 'c', clientSecret: 'of my own' }] });
    expect(sandbox.graphEndpoint).toMatch(/^https:\/\/localhost:\d+$/);
    await sandbox.close();
  });

  it('says which host name makes no sense', async () => {
    await expect(startSandbox({ hostname: 'http://x/' })).rejects.toThrow(
      /"hostname" must be a host name such as graph-sandbox, got "http/,
    );
  });
});
