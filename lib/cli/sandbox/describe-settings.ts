import type { Sandbox } from '../../sandbox/index.js';
import { PUBLIC_SECRET } from '../../sandbox/settings.js';
import type { Paint } from '../colours.js';

/** What to paste into an app, in the three ways to configure one, and how a person signs in, where one can. */
export function describeSettings({ options, inboxUrl }: Sandbox, caFile: string, paint: Paint, person?: string): string {
  const { tenantId, clientId, mailbox, graphEndpoint, authorityHost } = options;
  // one of the reader's own is not shown, since the output of a container is kept as its log
  const isKnown = options.clientSecret === PUBLIC_SECRET;
  const clientSecret = isKnown ? PUBLIC_SECRET : 'YOUR_SECRET';
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
  const hosts = `--graph-endpoint ${graphEndpoint} --authority-host ${authorityHost} --ca-file ${quoteArgument(caFile)}`;
  const login = `npx nodemailer-graph-transport login --client-id ${clientId} --tenant consumers ${hosts}`;
  const asPerson = [
    paint('dim', '# or as a person, who signs in once'),
    login,
    `MAIL_URL=${quote(`msgraph://login/${person}?${query}`)}`,
    '',
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
    ...(person === undefined ? [] : asPerson),
    paint('dim', '// or as options'),
    'graphTransport({',
    ...Object.entries(values).map(([name, value]) => `  ${name}: '${value.replace(/['\\]/g, '\\$&')}',`),
    `  tls: { ca: readFileSync(${JSON.stringify(caFile)}) },`,
    '})',
    '',
  ].join('\n');
}

/** For a command line: cmd knows double quotes only, which no path there can hold. */
const quoteArgument = (value: string): string => (process.platform === 'win32' ? `"${value}"` : quote(value));

const quote = (value: string): string => (/^[\w@%+=:,./~-]*$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`);
