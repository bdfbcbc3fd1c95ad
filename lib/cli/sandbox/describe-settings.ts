import type { Sandbox } from '../../sandbox/index.js';
import type { Paint } from './colours.js';

/** What to paste into an app, in the three ways to configure one. */
export function describeSettings({ options, inboxUrl }: Sandbox, caFile: string, paint: Paint): string {
  const { tenantId, clientId, clientSecret, mailbox, graphEndpoint, authorityHost } = options;
  const values = { tenantId, clientId, clientSecret, mailbox, graphEndpoint, authorityHost };
  const query = new URLSearchParams({ graphEndpoint, authorityHost }).toString();
  const url = `msgraph://${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}@${tenantId}/${mailbox}?${query}`;
  const environment: [string, string][] = [
    ['GRAPH_TENANT_ID', tenantId],
    ['GRAPH_CLIENT_ID', clientId],
    ['GRAPH_CLIENT_SECRET', clientSecret],
    ['GRAPH_SENDER', mailbox],
    ['GRAPH_ENDPOINT', graphEndpoint],
    ['GRAPH_AUTHORITY_HOST', authorityHost],
  ];
  return [
    ...(inboxUrl === undefined ? [] : [`${paint('bold', 'Inbox:')} ${paint('cyan', inboxUrl)}`, '']),
    'The sandbox is ready; Ctrl+C ends it. Nothing is delivered, and the secret is good for nothing else.',
    '',
    paint('dim', '# .env of an app with mailTransport(process.env.MAIL_URL)'),
    `MAIL_URL='${url}'`,
    `NODE_EXTRA_CA_CERTS=${quote(caFile)}`,
    '',
    paint('dim', '# or of one with graphTransport() or graphTransportFromEnv()'),
    ...environment.map(([name, value]) => `${name}=${quote(value)}`),
    `NODE_EXTRA_CA_CERTS=${quote(caFile)}`,
    '',
    paint('dim', '// or as options'),
    'graphTransport({',
    ...Object.entries(values).map(([name, value]) => `  ${name}: '${value.replace(/['\\]/g, '\\$&')}',`),
    `  tls: { ca: readFileSync(${JSON.stringify(caFile)}) },`,
    '})',
    '',
  ].join('\n');
}

const quote = (value: string): string => (/^[\w@%+=:,./~-]*$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`);
