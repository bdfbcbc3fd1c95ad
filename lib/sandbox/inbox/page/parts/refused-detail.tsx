import type { ApiRefused } from '../../api-types.js';
import { removeOpen } from '../state/actions.js';
import { getJson } from '../state/api.js';
import { touched } from '../state/inbox.js';
import { Envelope } from '../tabs/envelope.js';
import { Plan } from '../tabs/plan.js';
import { Timeline } from '../tabs/timeline.js';
import { count, formatDateTime } from '../text/format.js';
import { Badge, Button, Facts, Foreign, Status } from './bits.js';
import { Cause, TitleLine } from './detail-head.js';
import { Loaded } from './loaded.js';
import { useResource } from './use-resource.js';

/** A send that did not arrive: why, and what to do. */
export function RefusedDetail({ id }: { id: string }) {
  const key = touched.value.get(id) ?? 0;
  const resource = useResource(`refused ${id}`, key, () => getJson<ApiRefused>(`refused/${encodeURIComponent(id)}`));
  return <Loaded resource={resource}>{(refused) => <Refused refused={refused} />}</Loaded>;
}

function Refused({ refused }: { refused: ApiRefused }) {
  const { subject, operation, status, code, reason, remedy, docs, message, caller, missingPermissions, attempts } = refused;
  return (
    <article class="message refused-detail" aria-labelledby="message-title">
      <header class="message-head">
        <TitleLine title={<Foreign>{subject ?? (operation === 'token' ? 'Sign-in' : operation)}</Foreign>}>
          <Button icon="bin" kind="quiet" label="Delete" keys="Delete" onClick={() => void removeOpen()} />
        </TitleLine>
        <p class="badges">
          <time dateTime={refused.at} class="muted">
            {formatDateTime(refused.at)}
          </time>
          <Status status={status} code={code} />
          <Badge>{operation}</Badge>
          {attempts > 1 && <Badge>{count(attempts, 'request')}</Badge>}
          {refused.faulted && <Badge tone="accent">a scripted fault did it</Badge>}
          <Badge tone={refused.permanent ? 'bad' : 'plain'}>{refused.permanent ? 'would be refused again' : 'may pass later'}</Badge>
        </p>
      </header>
      <div class="panel">
        <Cause reason={reason} remedy={remedy} docs={docs} />
        <Facts
          rows={[
            ['Answer', <Foreign>{message}</Foreign>],
            ...(refused.mailbox ? ([['Mailbox', <Foreign>{refused.mailbox}</Foreign>]] as const) : []),
            ...(caller
              ? ([
                  [
                    'App',
                    <>
                      <Foreign>{caller.displayName}</Foreign> <span class="muted mono">{caller.appId}</span>
                    </>,
                  ],
                  ['Its permissions', [...caller.roles, ...caller.scopes].join(', ') || 'none in the token'],
                ] as const)
              : []),
            ...(missingPermissions.length ? ([['Missing', <Badge tone="bad">{missingPermissions.join(' or ')}</Badge>]] as const) : []),
            ...(refused.messageId ? ([['Message-ID', <Foreign class="mono">{refused.messageId}</Foreign>]] as const) : []),
          ]}
        />
        <h3>Requests</h3>
        <Timeline entries={refused.timeline} />
        {refused.envelope.length > 0 && (
          <>
            <h3>Who would have got it</h3>
            <Envelope rows={refused.envelope} />
          </>
        )}
        {refused.plan && (
          <>
            <h3>Plan</h3>
            <Plan plan={refused.plan} />
          </>
        )}
      </div>
    </article>
  );
}
