import type { ApiCaller } from '../../api-types.js';
import { now } from '../state/clock.js';
import { callers } from '../state/inbox.js';
import { Gauges } from '../parts/gauges.js';
import { Badge, Facts, Foreign, Notice, type Tone } from '../parts/bits.js';
import { formatDateTime, formatDuration } from '../text/format.js';

/** Who called, with what permissions, and which of them it needs. The token itself is nowhere. */
export function TokenScreen() {
  const list = callers.value;
  return (
    <div class="page">
      <header>
        <h1>Token</h1>
        <p class="muted">The claims of the apps that called, and what they used of their permissions. Tokens themselves are not shown.</p>
      </header>
      {list.length === 0 ? (
        <Notice>No app has called yet.</Notice>
      ) : (
        list.map((caller) => <Caller key={`${caller.appId} ${caller.user ?? ''}`} caller={caller} />)
      )}
      <Gauges />
    </div>
  );
}

const sources: Record<ApiCaller['permissions'][number]['source'], { text: string; tone: Tone }> = {
  entra: { text: 'in the token', tone: 'plain' },
  exchange: { text: 'by RBAC for Applications', tone: 'accent' },
  delegated: { text: 'delegated', tone: 'plain' },
  missing: { text: 'missing', tone: 'bad' },
};

function Caller({ caller }: { caller: ApiCaller }) {
  const { displayName, appId, kind, user, audience, expiresAt, issuedAt, tokens, requests, permissions, unused, missing, advice } = caller;
  const left = Date.parse(expiresAt) - now.value;
  return (
    <section class="card caller">
      <h2>
        <Foreign>{displayName}</Foreign> <span class="muted mono">{appId}</span>
      </h2>
      <Facts
        rows={[
          ['Kind', kind === 'app' ? 'application' : `on behalf of ${user ?? 'a user'}`],
          ['Audience', <Foreign class="mono">{audience}</Foreign>],
          ['Roles', caller.roles.join(', ') || 'none'],
          ...(kind === 'delegated' ? ([['Scopes', caller.scopes.join(', ') || 'none']] as const) : []),
          ['Issued', `${formatDateTime(issuedAt)}, ${tokens} so far`],
          ['Expires', left > 0 ? `in ${formatDuration(left)}` : <Badge tone="warn">expired {formatDuration(-left)} ago</Badge>],
          ['Mailboxes', caller.allowedMailboxes === null ? 'every mailbox of the tenant' : caller.allowedMailboxes.join(', ') || 'none'],
          ['Requests', String(requests)],
        ]}
      />
      <h3>Least privilege</h3>
      {permissions.length > 0 && (
        <div class="table-box" role="region" aria-label={`Permissions of ${displayName}`} tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">Permission</th>
                <th scope="col">Granted</th>
                <th scope="col">Used</th>
                <th scope="col">For</th>
              </tr>
            </thead>
            <tbody>
              {permissions.map(({ name, source, used, operations }) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td>
                    <Badge tone={sources[source].tone}>{sources[source].text}</Badge>
                  </td>
                  <td>{used === 0 ? <Badge tone="warn">never</Badge> : used.toLocaleString('en')}</td>
                  <td>{operations.join(', ')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {missing.length > 0 && <Notice tone="bad">Needed and not granted: {missing.join(', ')}</Notice>}
      {unused.length > 0 && <Notice tone="warn">Granted and not needed so far: {unused.join(', ')}</Notice>}
      {advice.map((sentence) => (
        <p key={sentence}>
          <Foreign>{sentence}</Foreign>
        </p>
      ))}
    </section>
  );
}
