import { injectedFlag } from '../../../lib/cli/sendmail/injected-flags.js';
import { printable } from '../../../lib/cli/printable.js';

const hosts = {
  graphEndpoint: 'https://evil.example',
  authorityHost: 'https://evil.example',
  proxy: 'http://evil.example',
  caFile: '/tmp/evil.pem',
  spool: '/tmp/evil',
};
const variables = { urlEnv: 'EVIL', envPrefix: 'EVIL_', envFile: '/tmp/evil', clientSecretEnv: 'PATH', certificatePasswordEnv: 'PATH' };
const standing = [
  { GRAPH_CLIENT_SECRET: 'x' },
  { GRAPH_CLIENT_CERTIFICATE_PATH: '/etc/graph-mail.pem' },
  { AZURE_CLIENT_SECRET: 'x' },
  { MAIL_URL: 'msgraph://a:b@contoso.com/' },
  { GRAPH_ENV_FILE: '/etc/graph-mail.env' },
];

test.each(Object.entries({ ...hosts, ...variables }))('%s is not taken once the environment holds the secret', (name, value) => {
  for (const env of standing) expect(injectedFlag({ [name]: value }, env)).toMatch(/^--[a-z-]+$/);
});

test.each(Object.entries(hosts))('%s is not taken beside a variable that holds the secret', (name, value) => {
  expect(injectedFlag({ [name]: value, envPrefix: 'APP_' }, { APP_CLIENT_SECRET: 'x' })).toBeDefined();
  expect(injectedFlag({ [name]: value, urlEnv: 'APP_URL' }, { APP_URL: 'msgraph://a:b@contoso.com/' })).toBeDefined();
  expect(injectedFlag({ [name]: value, clientSecretEnv: 'APP_SECRET' }, {})).toBeDefined();
  expect(injectedFlag({ [name]: value, envFile: 'graph-mail.env' }, {})).toBeDefined();
});

test('all else is taken', () => {
  const env = { GRAPH_CLIENT_SECRET: 'x' };
  expect(injectedFlag({ urlEnv: 'MAIL_URL', envPrefix: 'GRAPH_', mailbox: 'a@contoso.com', cloud: 'usgov' }, env)).toBeUndefined();
  expect(injectedFlag({ ...hosts, certificate: '/etc/graph-mail.pem' }, {})).toBeUndefined();
  expect(injectedFlag({ envPrefix: 'APP_' }, { APP_CLIENT_SECRET: 'x' })).toBeUndefined();
});

test('control characters are shown, and do nothing', () => {
  expect(printable('a\u001b]0;owned\u0007\u009b2J\rb\nc\td\u2028é')).toBe('a\\u001b]0;owned\\u0007\\u009b2J\\u000db\nc d\\u2028é');
});
