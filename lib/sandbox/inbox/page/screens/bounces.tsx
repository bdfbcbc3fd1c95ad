import { now } from '../state/clock.js';
import { bounces } from '../state/inbox.js';
import { Foreign, Notice } from '../parts/bits.js';
import { count, formatTime } from '../text/format.js';

/** What was accepted and then not delivered. */
export function Bounces() {
  const list = bounces.value;
  return (
    <div class="page">
      <header>
        <h1>Bounces</h1>
        <p class="muted">Accepted with 202 and then not delivered: the mailbox gets a non-delivery report, the app hears nothing.</p>
      </header>
      {list.length === 0 ? (
        <Notice tone="good">Nothing bounced.</Notice>
      ) : (
        <ul class="cards" role="list">
          {list.map(({ id, subject, at, mailbox, reason, remedy, recipients, recipientCount }) => (
            <li key={id} class="card">
              <div class="line">
                <Foreign class="strong">{subject || '(no subject)'}</Foreign>
                <span class="spring" />
                <time class="muted" dateTime={at}>
                  {formatTime(at, new Date(now.value))}
                </time>
              </div>
              <p class="bad-text">
                <Foreign>{reason}</Foreign>
              </p>
              <p>
                <Foreign>{remedy}</Foreign>
              </p>
              <p class="muted">
                Report to <Foreign>{mailbox}</Foreign>
              </p>
              <details>
                <summary>{count(recipientCount, 'recipient')}</summary>
                <p class="mono wrap">
                  {recipients.join(', ')}
                  {recipientCount > recipients.length && ` and ${recipientCount - recipients.length} more`}
                </p>
              </details>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
