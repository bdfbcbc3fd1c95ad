import type { ApiFormatWeight, ApiPlan } from '../../api-types.js';
import { Badge, Facts, Foreign, Notice } from '../parts/bits.js';
import { DocsLink } from '../parts/docs-link.js';
import { count } from '../text/format.js';

/** What the transport decided, and what the way it chose cannot carry. */
export function Plan({ plan, format, route }: { plan: ApiPlan | null; format?: string; route?: string }) {
  if (!plan) {
    return (
      <div class="plan">
        <Notice>
          This client told no plan. nodemailer-graph-transport tells it to a Graph on this machine; what can be seen from the wire is in the
          Graph and Timeline tabs.
        </Notice>
        {format && (
          <Facts
            rows={[
              ['Format', format],
              ['Route', route],
            ]}
          />
        )}
      </div>
    );
  }
  const { losses, formats, removed, added } = plan;
  return (
    <div class="plan">
      {plan.truncated && <Notice tone="warn">The plan was too long for its header and is cut.</Notice>}
      <Facts
        rows={[
          [
            'Format',
            plan.format === 'mime' ? 'MIME: the message as Nodemailer built it' : plan.format === 'json' ? 'JSON: a message of Graph' : '?',
          ],
          ['Route', plan.route === 'draft' ? 'a draft, its attachments, then send' : plan.route === 'sendMail' ? 'one sendMail' : '?'],
          ...(plan.envelope
            ? ([['Envelope', `${plan.envelope.from ?? ''} → ${count(plan.envelope.to.length, 'address', 'addresses')}`]] as const)
            : []),
        ]}
      />
      <h3>{losses.length === 0 ? 'Nothing is lost' : count(losses.length, 'loss', 'losses')}</h3>
      {losses.length === 0 ? (
        <p class="muted">Recipients get everything the app wrote.</p>
      ) : (
        <ul class="losses" role="list">
          {losses.map(({ feature, detail, avoid, docs }) => (
            <li key={feature}>
              <Badge tone="warn">{feature}</Badge> <Foreign>{detail}</Foreign>
              {avoid && (
                <p>
                  <span class="muted">To avoid it: </span>
                  <Foreign>{avoid}</Foreign>
                </p>
              )}
              <DocsLink path={docs}>More</DocsLink>
            </li>
          ))}
        </ul>
      )}
      {(formats.json !== undefined || formats.mime !== undefined) && (
        <>
          <h3>What each format would lose</h3>
          <table>
            <thead>
              <tr>
                <th scope="col">Format</th>
                <th scope="col">Weight</th>
                <th scope="col">Losses</th>
              </tr>
            </thead>
            <tbody>
              <Format name="JSON" weight={formats.json} isChosen={plan.format === 'json'} />
              <Format name="MIME" weight={formats.mime} isChosen={plan.format === 'mime'} />
            </tbody>
          </table>
        </>
      )}
      {removed.length > 0 && (
        <p>
          Named in a header and not in the envelope, so without a copy:{' '}
          {removed.map(({ address, field }, index) => (
            <span key={index}>
              {index > 0 && ', '}
              <Foreign>{address}</Foreign> <span class="muted">({field})</span>
            </span>
          ))}
        </p>
      )}
      {added.length > 0 && (
        <p>
          In the envelope only, so as Bcc: <Foreign>{added.join(', ')}</Foreign>
        </p>
      )}
    </div>
  );
}

function Format({ name, weight, isChosen }: { name: string; weight: ApiFormatWeight | null | undefined; isChosen: boolean }) {
  if (weight === undefined) return null;
  return (
    <tr>
      <th scope="row">
        {name} {isChosen && <Badge tone="accent">chosen</Badge>}
      </th>
      <td>{weight ? weight.weight : '–'}</td>
      <td>{weight ? weight.losses.join(', ') || 'none' : 'cannot carry this message'}</td>
    </tr>
  );
}
