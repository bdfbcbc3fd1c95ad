import type { JSX } from 'preact';
import type { ApiMessageRow, ApiRequestRow, ApiRow } from '../../api-types.js';
import { markRead } from '../state/actions.js';
import { counts, mail, requests, sent, status } from '../state/inbox.js';
import { linkTo, route } from '../state/route.js';
import type { RowList } from '../state/row-list.js';
import { Button, Notice } from '../parts/bits.js';
import { Gauges } from '../parts/gauges.js';
import { MessageDetail } from '../parts/message-detail.js';
import { titles } from '../parts/rail.js';
import { RefusedDetail } from '../parts/refused-detail.js';
import { RequestDetail } from '../parts/request-detail.js';
import { MailRow, MessageRow, RequestRow } from '../parts/rows.js';
import { SearchBox } from '../parts/search-box.js';
import { VirtualList } from '../parts/virtual-list.js';
import { count } from '../text/format.js';
import { Connect } from './connect.js';

const ROW = 54;

/** A list beside what is open of it; on a narrow screen one of them. */
function Panes<Row extends { id: string; seq: number }>(props: {
  list: RowList<Row>;
  above?: JSX.Element | undefined;
  hasSearch: boolean;
  hrefOf: (row: Row) => string;
  render: (row: Row) => JSX.Element;
  detail: JSX.Element;
  empty: JSX.Element;
  noun: string;
  /** What stands there while nothing is open. */
  idle?: JSX.Element;
}) {
  const { list, above, hasSearch, hrefOf, render, detail, empty, noun, idle } = props;
  const { id, screen, q } = route.value;
  const title = titles[screen];
  const failure = list.failure.value;
  const total = list.total.value;
  return (
    <div class={`panes${id ? ' is-open' : ''}`}>
      <section class="list-pane" aria-label={title}>
        <h1 class="sr">{title}</h1>
        {hasSearch && <SearchBox label={`Search ${title}`} failure={failure} />}
        {above}
        {failure && failure.code !== 'InvalidQuery' && failure.status !== 0 && <Notice tone="bad">{failure.message}</Notice>}
        {list.isLoaded.value && total === 0 && list.waiting.value.length === 0 ? (
          <div class="empty">{q ? <Notice>Nothing fits the search.</Notice> : empty}</div>
        ) : (
          <VirtualList list={list} label={title} rowHeight={ROW} selectedId={id} hrefOf={hrefOf} render={render} noun={noun} />
        )}
        <p class="foot muted">
          {list.isLoaded.value
            ? count(
                total,
                screen === 'requests' ? 'request' : screen === 'sent' ? 'mail' : 'entry',
                screen === 'mail' || screen === 'refused' ? 'entries' : undefined,
              )
            : 'Loading …'}
        </p>
      </section>
      <section class="detail-pane" aria-label="Details">
        {id ? (
          detail
        ) : (
          <>
            <Nothing />
            {idle}
          </>
        )}
      </section>
    </div>
  );
}

const Nothing = () => (
  <div class="nothing muted">
    <p>Nothing is open.</p>
    <p>
      <kbd>j</kbd> opens the first of the list, <kbd>?</kbd> shows the other keys.
    </p>
  </div>
);

export function MailScreen() {
  const { screen, id, isRefused } = route.value;
  const onlyRefused = screen === 'refused';
  const hrefOf = (row: ApiRow): string => linkTo({ id: row.id, isRefused: !onlyRefused && row.kind === 'refused' });
  const isEmpty = mail.isLoaded.value && mail.total.value === 0 && !route.value.q;
  // the first thing there is to do
  if (!onlyRefused && isEmpty && !id && mail.waiting.value.length === 0 && !mail.failure.value) return <Connect isEmpty />;
  return (
    <Panes
      list={mail}
      hasSearch
      hrefOf={hrefOf}
      render={(row) => <MailRow row={row} />}
      noun={onlyRefused ? 'new send' : 'new mail'}
      above={
        !onlyRefused && counts.value.unread > 0 ? (
          <div class="unread-line">
            <span class="muted">{counts.value.unread.toLocaleString('en')} unread</span>
            <span class="spring" />
            <Button icon="read" kind="quiet" onClick={() => void markRead('all', true)}>
              Mark all as read
            </Button>
          </div>
        ) : undefined
      }
      empty={onlyRefused ? <Notice tone="good">Nothing was refused.</Notice> : <Notice>No mail yet.</Notice>}
      detail={onlyRefused || isRefused ? <RefusedDetail id={id ?? ''} /> : <MessageDetail id={id ?? ''} />}
    />
  );
}

export function SentScreen() {
  const { id, mailbox } = route.value;
  const mailboxes = status.value?.mailboxes ?? [];
  const open = mailbox ?? mailboxes[0]?.userPrincipalName;
  return (
    <Panes
      list={sent}
      hasSearch={false}
      hrefOf={(row: ApiMessageRow) => linkTo({ id: row.id, mailbox: open ?? null })}
      render={(row) => <MessageRow row={row} />}
      noun="new mail"
      above={
        <nav class="mailbox-tabs" aria-label="Mailbox">
          {mailboxes.map(({ userPrincipalName, sent: number }) => (
            <a
              key={userPrincipalName}
              href={linkTo({ mailbox: userPrincipalName, id: null })}
              aria-current={userPrincipalName === open ? 'page' : undefined}
            >
              <bdi dir="auto">{userPrincipalName}</bdi> <span class="muted">{number}</span>
            </a>
          ))}
        </nav>
      }
      empty={<Notice>No copy is in Sent Items of this mailbox.</Notice>}
      detail={<MessageDetail id={id ?? ''} />}
    />
  );
}

export function RequestsScreen() {
  return (
    <Panes
      list={requests}
      hasSearch
      hrefOf={(row: ApiRequestRow) => linkTo({ id: row.id })}
      render={(row) => <RequestRow row={row} />}
      noun="new request"
      empty={<Notice>No request yet.</Notice>}
      detail={<RequestDetail id={route.value.id ?? ''} />}
      idle={<Gauges />}
    />
  );
}
