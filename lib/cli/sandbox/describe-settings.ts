import type { Sandbox } from '../../sandbox/index.js';
import type { Paint } from '../colours.js';

/** Known to everybody; one of the reader's own is not shown, since the output of a container is kept as its log. */
export const KNOWN_SECRET = 'sandbox-client-secret';

/** What to paste into an app, in the three ways to configure one. */
export function describeSettings({ options, inboxUrl }: Sandbox, caFile: string, paint: Paint): string {
  const { tenantId, clientId, mailbox, graphEndpoint, authorityHost } = options;
  const isKnown = options.clientSecret === KNOWN_SECRET;
  const clientSecret = isKnown ? KNOWN_SECRET : 'YOUR_SECRET';
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
    `The sandbox is ready; Ctrl+C ends it. Nothing is delivered${isKnown ? ', and the secret is good for nothing else' : '; YOUR_SECRET stands for the one you gave'}.`,
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
