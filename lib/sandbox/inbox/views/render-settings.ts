import { PUBLIC_SECRET, type App, type Mailbox } from '../../settings.js';
import type { SandboxState } from '../../state.js';
import type { ApiSettings } from '../api-types.js';

const REDACTED = '[redacted]';

/** Everything to paste into an app. A secret that is not the sandbox's own stays where it came from. */
export function renderSettings({ settings, origins }: SandboxState, ca: string, caFile: string | undefined): ApiSettings {
  const app = settings.apps[0] as App;
  const { userPrincipalName: mailbox } = settings.mailboxes[0] as Mailbox;
  const clientSecret = app.clientSecret === undefined || app.clientSecret === PUBLIC_SECRET ? (app.clientSecret ?? '') : REDACTED;
  const { graph: graphEndpoint, authority: authorityHost } = origins;
  const { tenantId } = settings;
  const { clientId } = app;
  const shownFile = caFile ?? 'graph-sandbox-ca.pem';
  return {
    graphEndpoint,
    authorityHost,
    tenantId,
    clientId,
    clientSecret,
    mailbox,
    ca,
    caFile: caFile ?? null,
    mailUrl: describeUrl({ tenantId, clientId, clientSecret, mailbox, graphEndpoint, authorityHost }),
    environment: [
      ['GRAPH_TENANT_ID', tenantId],
      ['GRAPH_CLIENT_ID', clientId],
      ['GRAPH_CLIENT_SECRET', clientSecret],
      ['GRAPH_SENDER', mailbox],
      ['GRAPH_ENDPOINT', graphEndpoint],
      ['GRAPH_AUTHORITY_HOST', authorityHost],
      ['NODE_EXTRA_CA_CERTS', shownFile],
    ].map(([name = '', value = '']) => ({ name, value })),
    code: [
      'graphTransport({',
      ...Object.entries({ tenantId, clientId, clientSecret, mailbox, graphEndpoint, authorityHost }).map(
        ([name, value]) => `  ${name}: '${value.replace(/['\\]/g, '\\$&')}',`,
      ),
      `  tls: { ca: readFileSync(${JSON.stringify(shownFile)}) },`,
      '})',
    ].join('\n'),
  };
}

function describeUrl(
  values: Record<'tenantId' | 'clientId' | 'clientSecret' | 'mailbox' | 'graphEndpoint' | 'authorityHost', string>,
): string {
  const { tenantId, clientId, clientSecret, mailbox, graphEndpoint, authorityHost } = values;
  const query = new URLSearchParams({ graphEndpoint, authorityHost });
  return `msgraph://${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}@${tenantId}/${mailbox}?${query.toString()}`;
}
