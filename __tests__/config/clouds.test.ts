import type { TokenCredential } from '@azure/identity';
import { createCredential } from '../../lib/sign-in/credentials.js';
import type { HttpRequest, Requester } from '../../lib/base/http.js';
import { readOptions } from '../../lib/config/read-options.js';
import type { Cloud } from '../../lib/index.js';

const tenantId = '7b1d5a3e-0c52-4e9a-9f6e-2f3a1c9d8e70';
const signIn = { tenantId, clientId: 'app', clientSecret: 'a~secret' };

/** Signs in on a wire that answers nothing, and tells what was asked for. */
async function requested(options: object): Promise<HttpRequest[]> {
  const requests: HttpRequest[] = [];
  const http: Requester = {
    request: (request) => {
      requests.push(request);
      return Promise.resolve({ kind: 'failure', error: new Error('no network here'), reason: 'connect', sent: false });
    },
  };
  const settings = readOptions({ ...signIn, ...options });
  const credential = await createCredential(settings.signIn, {
    ...settings.hosts,
    wellKnownAuthority: settings.wellKnownAuthority,
    http,
    trace: {},
    retries: 0,
  });
  await expect(credential.getToken(`${settings.hosts.graphEndpoint}/.default`)).rejects.toThrow();
  return requests;
}

test.each<[Cloud | undefined, string, string]>([
  [undefined, 'https://graph.microsoft.com', 'https://login.microsoftonline.com'],
  ['global', 'https://graph.microsoft.com', 'https://login.microsoftonline.com'],
  ['usgov', 'https://graph.microsoft.us', 'https://login.microsoftonline.us'],
  ['usgov-dod', 'https://dod-graph.microsoft.us', 'https://login.microsoftonline.us'],
  ['bleu', 'https://graph.svc.sovcloud.fr', 'https://login.sovcloud-identity.fr'],
  ['delos', 'https://graph.svc.sovcloud.de', 'https://login.sovcloud-identity.de'],
  ['china', 'https://microsoftgraph.chinacloudapi.cn', 'https://login.chinacloudapi.cn'],
])('cloud %s: Graph at %s, sign-in at %s', async (cloud, graphEndpoint, authorityHost) => {
  expect(readOptions({ ...signIn, cloud }).hosts).toEqual({ graphEndpoint, authorityHost });
  const [first] = await requested({ cloud });
  // of two names for the same service in China, MSAL asks the newer one
  const asked = cloud === 'china' ? 'https://login.partner.microsoftonline.cn' : authorityHost;
  expect(`${first?.url.origin}${first?.url.pathname}`).toBe(`${asked}/${tenantId}/oauth2/v2.0/token`);
  expect(new URLSearchParams(first?.body as string).get('scope')).toContain(`${graphEndpoint}/.default`);
});

test('hosts of one’s own are asked themselves, and login.microsoftonline.com is not', async () => {
  const hosts = { graphEndpoint: 'https://graph.contoso.com', authorityHost: 'https://login.contoso.com' };
  const requests = await requested(hosts);
  expect(requests.length).toBeGreaterThan(0);
  expect(new Set(requests.map(({ url }) => url.origin))).toEqual(new Set(['https://login.contoso.com']));
});

test.each([
  [{ cloud: 'mars' }, /"cloud" must be one of 'global', 'usgov', 'usgov-dod', 'china'/],
  [{ cloud: 'china', graphEndpoint: 'https://graph.contoso.com' }, /either "cloud" or "graphEndpoint"/],
  [{ graphEndpoint: 'graph.contoso.com' }, /"graphEndpoint" must be the root of an https service/],
  [{ graphEndpoint: 'https://graph.contoso.com/v1.0' }, /"graphEndpoint" must be the root/],
  [{ graphEndpoint: 'http://graph.contoso.com' }, /plain http only on loopback/],
  [{ authorityHost: 'https://user:GEHEIM@login.contoso.com' }, /"authorityHost" must be the root/],
])('%j is refused', (options, text) => {
  expect(() => readOptions({ ...signIn, ...options } as never)).toThrow(
    expect.objectContaining({ code: 'ECONFIG', message: expect.stringMatching(text) }),
  );
});

test('a credential of the app’s own is asked for the same scope', async () => {
  const scopes: unknown[] = [];
  const credential: TokenCredential = {
    getToken: (scope) => {
      scopes.push(scope);
      return Promise.reject(new Error('not today'));
    },
  };
  const { graphTransport } = await import('../../lib/index.js');
  const transport = graphTransport({ credential, cloud: 'usgov-dod' });
  await expect(transport.verify()).rejects.toMatchObject({ code: 'EAUTH' });
  expect(scopes).toEqual(['https://dod-graph.microsoft.us/.default']);
  transport.close();
});
