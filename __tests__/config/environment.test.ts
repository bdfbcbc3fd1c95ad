import { optionsFromEnvironment } from '../../lib/config/environment.js';
import { graphTransportFromEnv } from '../../lib/index.js';
import { readOptions } from '../../lib/config/read-options.js';

const graph = { GRAPH_TENANT_ID: 'contoso.com', GRAPH_CLIENT_ID: 'app-1', GRAPH_CLIENT_SECRET: 'a~secret' };
const azure = { AZURE_TENANT_ID: 'fabrikam.com', AZURE_CLIENT_ID: 'app-2', AZURE_CLIENT_SECRET: 'b~secret' };

test('reads tenant, app, secret, sender and what to do with the copy', () => {
  const env = { ...graph, GRAPH_SENDER: 'noreply@contoso.com', GRAPH_SAVE_TO_SENT_ITEMS: 'false' };
  expect(optionsFromEnvironment({ env })).toEqual({
    tenantId: 'contoso.com',
    clientId: 'app-1',
    clientSecret: 'a~secret',
    mailbox: 'noreply@contoso.com',
    saveToSentItems: false,
  });
});

test('reads a certificate with its password', () => {
  const { GRAPH_CLIENT_SECRET: _secret, ...rest } = graph;
  const env = { ...rest, GRAPH_CLIENT_CERTIFICATE_PATH: '/etc/app.pem', GRAPH_CLIENT_CERTIFICATE_PASSWORD: 'open' };
  expect(readOptions({}, env).signIn).toEqual({
    kind: 'certificate',
    tenantId: 'contoso.com',
    clientId: 'app-1',
    certificate: { certificatePath: '/etc/app.pem', certificatePassword: 'open' },
  });
});

test('prefers GRAPH_ to AZURE_, and never mixes them', () => {
  expect(optionsFromEnvironment({ env: { ...azure, ...graph } })).toMatchObject({ tenantId: 'contoso.com', clientSecret: 'a~secret' });
  expect(optionsFromEnvironment({ env: azure })).toMatchObject({ tenantId: 'fabrikam.com', clientSecret: 'b~secret' });
  expect(() => optionsFromEnvironment({ env: { ...azure, GRAPH_TENANT_ID: 'contoso.com' } })).toThrow(
    /GRAPH_CLIENT_ID and GRAPH_CLIENT_SECRET is not set/,
  );
});

test('takes the sign-in service of the AZURE_ names only with them', () => {
  const env = { ...azure, AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.us' };
  expect(readOptions({}, env).hosts.authorityHost).toBe('https://login.microsoftonline.us');
  expect(readOptions({ cloud: 'china' }, env).hosts.authorityHost).toBe('https://login.chinacloudapi.cn');
  expect(optionsFromEnvironment({ env: { ...env, ...graph } })).not.toHaveProperty('authorityHost');
});

test('reads names with another prefix, and those only', () => {
  const env = {
    ...graph,
    ...azure,
    APPLICATION_MAIL_TENANT_ID: 'mail.contoso.com',
    APPLICATION_MAIL_CLIENT_ID: 'app-3',
    APPLICATION_MAIL_CLIENT_SECRET: 'c~secret',
    APPLICATION_MAIL_SENDER: 'alerts@contoso.com',
  };
  expect(optionsFromEnvironment({ prefix: 'APPLICATION_MAIL_', env })).toEqual({
    tenantId: 'mail.contoso.com',
    clientId: 'app-3',
    clientSecret: 'c~secret',
    mailbox: 'alerts@contoso.com',
  });
  expect(() => graphTransportFromEnv({ prefix: 'OTHER_', env })).toThrow(/OTHER_TENANT_ID, OTHER_CLIENT_ID and OTHER_CLIENT_SECRET/);
});

test('graphTransportFromEnv() makes a transport, and options win', () => {
  const transport = graphTransportFromEnv({ env: { ...graph, GRAPH_SENDER: 'noreply@contoso.com' } }, { mailbox: 'alerts@contoso.com' });
  expect(transport.name).toBe('GraphTransport');
  transport.close();
});

test.each([
  ['nothing at all', {}, /does not have GRAPH_TENANT_ID, GRAPH_CLIENT_ID and GRAPH_CLIENT_SECRET \(or GRAPH_CLIENT_CERTIFICATE_PATH\)/],
  ['no tenant', { ...graph, GRAPH_TENANT_ID: '' }, /GRAPH_TENANT_ID is not set/],
  ['blanks only', { ...graph, GRAPH_CLIENT_ID: '  ' }, /GRAPH_CLIENT_ID is not set/],
  ['secret and certificate', { ...graph, GRAPH_CLIENT_CERTIFICATE_PATH: 'a.pem' }, /either GRAPH_CLIENT_SECRET or/],
  ['a copy that is maybe kept', { ...graph, GRAPH_SAVE_TO_SENT_ITEMS: 'maybe' }, /"GRAPH_SAVE_TO_SENT_ITEMS" must be true or false/],
])('an environment with %s is refused by name', (_, env, text) => {
  expect(() => graphTransportFromEnv({ env })).toThrow(expect.objectContaining({ code: 'ECONFIG', message: expect.stringMatching(text) }));
});

test('a workload identity is pointed to its credential', () => {
  const { AZURE_CLIENT_SECRET: _secret, ...rest } = azure;
  expect(() => optionsFromEnvironment({ env: { ...rest, AZURE_FEDERATED_TOKEN_FILE: '/var/run/token' } })).toThrow(
    /WorkloadIdentityCredential/,
  );
});

test('blanks around a value, as an editor leaves them, do not count', () => {
  expect(optionsFromEnvironment({ env: { ...graph, GRAPH_CLIENT_SECRET: ' a~secret\n' } })).toMatchObject({ clientSecret: 'a~secret' });
});

test('the environment signs in only where no option does', () => {
  const given = { tenantId: 't', clientId: 'c', clientSecret: 's' };
  expect(readOptions(given, graph).signIn).toMatchObject(given);
  expect(() => readOptions({ tenantId: 't' } as never, graph)).toThrow(/"clientSecret"/);
});
