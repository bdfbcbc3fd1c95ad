import type { ApiCounts } from '../../api-types.js';
import { counts, status } from '../state/inbox.js';
import { linkTo, route } from '../state/route.js';
import type { Screen } from '../state/routes.js';
import { Limits } from './bar.js';
import { Icon } from './icons.js';

export const titles: Record<Screen, string> = {
  mail: 'Mail',
  refused: 'Refused',
  drafts: 'Drafts',
  sent: 'Sent Items',
  bounces: 'Bounces',
  requests: 'Requests',
  faults: 'Faults',
  token: 'Token',
  connect: 'Connect',
};
const counted: Partial<Record<Screen, keyof ApiCounts>> = {
  mail: 'messages',
  refused: 'refused',
  drafts: 'drafts',
  sent: 'sent',
  bounces: 'bounces',
  requests: 'requests',
  faults: 'faults',
};
/** What should be looked at when it is not zero. */
const alarming: readonly Screen[] = ['refused', 'bounces', 'faults'];

export function Rail() {
  const { screen, q, mailbox } = route.value;
  const { unread } = counts.value;
  return (
    <nav class="rail" aria-label="Sections">
      <ul role="list">
        {(Object.keys(titles) as Screen[]).map((name) => {
          const key = counted[name];
          const number = key ? counts.value[key] : 0;
          const isHere = screen === name && !(name === 'mail' && q.startsWith('mailbox:'));
          return (
            <li key={name}>
              <a
                href={linkTo({ screen: name, id: null, q: '', mailbox: null, isRefused: false })}
                aria-current={isHere ? 'page' : undefined}
              >
                <Icon name={name} />
                <span class="name">{titles[name]}</span>
                {name === 'mail' && unread > 0 && (
                  <span class="unread-count" title={`${unread} unread`}>
                    <span class="sr">, </span>
                    {unread}
                    <span class="sr"> unread of</span>
                  </span>
                )}
                {key && (
                  <span class={`count${number > 0 && alarming.includes(name) ? ' alarming' : ''}`}>{number.toLocaleString('en')}</span>
                )}
              </a>
            </li>
          );
        })}
      </ul>
      {status.value && status.value.mailboxes.length > 0 && (
        <>
          <h2>Mailboxes</h2>
          <ul role="list" class="mailboxes">
            {status.value.mailboxes.map(({ userPrincipalName, enabled }) => {
              const search = `mailbox:${userPrincipalName}`;
              const isHere = (screen === 'mail' && q === search) || (screen === 'sent' && mailbox === userPrincipalName);
              return (
                <li key={userPrincipalName}>
                  <a
                    href={linkTo({ screen: 'mail', id: null, isRefused: false, q: search })}
                    aria-current={isHere ? 'page' : undefined}
                    title={`${userPrincipalName}${enabled ? '' : ' (not enabled)'}`}
                  >
                    <bdi dir="auto" class="name">
                      {userPrincipalName}
                    </bdi>
                  </a>
                </li>
              );
            })}
          </ul>
        </>
      )}
      <Limits />
    </nav>
  );
}
