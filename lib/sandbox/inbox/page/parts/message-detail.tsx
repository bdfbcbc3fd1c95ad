import { useEffect, useRef } from 'preact/hooks';
import type { ApiMessage } from '../../api-types.js';
import { markRead, removeOpen } from '../state/actions.js';
import { apiUrl, getJson, messagePath } from '../state/api.js';
import { mail, touched } from '../state/inbox.js';
import { go, linkTo, route } from '../state/route.js';
import { messageTabs, type MessageTab } from '../state/routes.js';
import { Attachments } from '../tabs/attachments.js';
import { Envelope } from '../tabs/envelope.js';
import { Graph } from '../tabs/graph.js';
import { Headers } from '../tabs/headers.js';
import { Plan } from '../tabs/plan.js';
import { Preview } from '../tabs/preview.js';
import { Source } from '../tabs/source.js';
import { Text } from '../tabs/text.js';
import { Timeline } from '../tabs/timeline.js';
import { count, formatBytes, formatDateTime } from '../text/format.js';
import { Addresses, Badge, Button, Foreign } from './bits.js';
import { TitleLine } from './detail-head.js';
import { Icon } from './icons.js';
import { Loaded } from './loaded.js';
import { useResource } from './use-resource.js';

const tabTitles: Record<MessageTab, string> = {
  preview: 'Preview',
  text: 'Text',
  envelope: 'Envelope',
  graph: 'Graph',
  plan: 'Plan',
  smtp: 'SMTP',
  timeline: 'Timeline',
  headers: 'Headers',
  source: 'Source',
  attachments: 'Attachments',
  checks: 'Checks',
  test: 'Test',
};
/** Long enough that passing by is not reading. */
const READ_AFTER = 400;

/** A message with all its tabs; `latest` is whatever is the newest that fits the search. */
export function MessageDetail({ id }: { id: string }) {
  const isLatest = id === 'latest';
  const key = isLatest ? mail.version.value : (touched.value.get(id) ?? 0);
  const q = isLatest ? route.value.q : '';
  const resource = useResource(`message ${id}`, key, () => getJson<ApiMessage>(messagePath(id), { q }));
  return <Loaded resource={resource}>{(message) => <Message message={message} />}</Loaded>;
}

function Message({ message }: { message: ApiMessage }) {
  const { tab, screen } = route.value;
  const { id, read } = message;
  useEffect(() => {
    if (read) return undefined;
    const timer = setTimeout(() => void markRead([id], true), READ_AFTER);
    return () => clearTimeout(timer);
    // not again when it is marked as unread while open
  }, [id]);
  const isListed = mail.isLoaded.value;
  useEffect(() => {
    // a link may lead to a mail whose row was never fetched
    if (isListed && screen === 'mail') void mail.locate(id, message.seq);
  }, [id, isListed]);
  return (
    <article class="message" aria-labelledby="message-title">
      <header class="message-head">
        <TitleLine title={<Foreign>{message.subject || '(no subject)'}</Foreign>} noun=" mail">
          <a class="button quiet" href={apiUrl(messagePath(id, 'source'), { download: 1 })} download="message.eml" title="Download as .eml">
            <Icon name="download" />
            <span>.eml</span>
          </a>
          <Button icon="test" kind="quiet" label="Copy as test" onClick={() => go({ tab: 'test' })} />
          {screen === 'mail' && <Button icon="bin" kind="quiet" label="Delete" keys="Delete" onClick={() => void removeOpen()} />}
        </TitleLine>
        <p class="people">
          <span class="sr">From </span>
          {message.from ? <Addresses list={[message.from]} /> : <span class="muted">(no From)</span>}
          {message.sender && message.sender.address !== message.from?.address && (
            <span class="muted">
              {' '}
              sent by <Addresses list={[message.sender]} />
            </span>
          )}
          <span class="arrow" aria-hidden="true">
            {' → '}
          </span>
          <span class="sr"> to </span>
          <Addresses list={message.recipients} more={message.recipientCount - message.recipients.length} />
        </p>
        <p class="badges">
          <time dateTime={message.at} class="muted">
            {formatDateTime(message.at)}
          </time>
          <Badge>{message.format}</Badge>
          <Badge>{message.route}</Badge>
          <Badge>{formatBytes(message.size)}</Badge>
          {!message.sent && <Badge>not in Sent Items</Badge>}
          {message.importance !== 'normal' && <Badge tone="warn">importance {message.importance}</Badge>}
          {message.isReadReceiptRequested && <Badge>read receipt</Badge>}
          {message.isDeliveryReceiptRequested && <Badge>delivery receipt</Badge>}
          {message.losses.length > 0 && <Badge tone="warn">{count(message.losses.length, 'loss', 'losses')}</Badge>}
          {message.repeats > 0 && <Badge tone="warn">{count(message.repeats, 'repeat')}</Badge>}
          {message.faulted && <Badge tone="accent">fault</Badge>}
          {message.duplicates.map((other) => (
            <a key={other} class="badge bad" href={linkTo({ id: other })}>
              duplicate: the same Message-ID
            </a>
          ))}
        </p>
        <Tabs message={message} current={tab} />
      </header>
      <div class="panel" role="tabpanel" id="panel" aria-labelledby={`tab-${tab}`} tabIndex={-1}>
        <Panel key={id} message={message} tab={tab} />
      </div>
    </article>
  );
}

function Tabs({ message, current }: { message: ApiMessage; current: MessageTab }) {
  const strip = useRef<HTMLDivElement>(null);
  useEffect(() => {
    strip.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [current]);
  const numbers: Partial<Record<MessageTab, number>> = {
    plan: message.losses.length,
    timeline: message.timeline.length,
    attachments: message.attachmentList.length,
    envelope: message.recipientCount,
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = messageTabs.indexOf(current);
    const last = messageTabs.length - 1;
    const forwards = getComputedStyle(event.currentTarget as Element).direction === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
    const target =
      event.key === 'Home'
        ? 0
        : event.key === 'End'
          ? last
          : event.key === forwards
            ? at + 1
            : /^Arrow(?:Left|Right)$/.test(event.key)
              ? at - 1
              : undefined;
    const tab = target === undefined ? undefined : messageTabs[(target + last + 1) % (last + 1)];
    if (!tab) return;
    event.preventDefault();
    go({ tab }, { replace: true });
    strip.current?.querySelector<HTMLElement>(`#tab-${tab}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label="Parts of the mail" ref={strip} onKeyDown={onKeyDown}>
      {messageTabs.map((tab) => (
        <a
          key={tab}
          id={`tab-${tab}`}
          role="tab"
          href={linkTo({ tab })}
          aria-selected={tab === current}
          aria-controls="panel"
          tabIndex={tab === current ? 0 : -1}
          onKeyDown={(event) => {
            if (event.key === ' ') {
              event.preventDefault();
              go({ tab });
            }
          }}
        >
          {tabTitles[tab]}
          {numbers[tab] ? <span class="number"> {numbers[tab]?.toLocaleString('en')}</span> : null}
        </a>
      ))}
    </div>
  );
}

function Panel({ message, tab }: { message: ApiMessage; tab: MessageTab }) {
  switch (tab) {
    case 'preview':
      return <Preview message={message} />;
    case 'text':
      return <Text message={message} />;
    case 'envelope':
      return <Envelope rows={message.envelope} />;
    case 'graph':
      return <Graph message={message} />;
    case 'plan':
      return <Plan plan={message.plan} format={message.format} route={message.route} />;
    case 'smtp':
      return <LazySmtp message={message} />;
    case 'timeline':
      return <Timeline entries={message.timeline} />;
    case 'headers':
      return <Headers message={message} />;
    case 'source':
      return <Source message={message} />;
    case 'attachments':
      return <Attachments message={message} />;
    case 'checks':
      return <LazyChecks message={message} />;
    case 'test':
      return <LazyTest message={message} />;
  }
}

// a good part of the page, and not asked for all the time

function LazyChecks({ message }: { message: ApiMessage }) {
  const resource = useResource('checks', 0, () => import('../tabs/checks.js'));
  return <Loaded resource={resource}>{({ Checks }) => <Checks message={message} />}</Loaded>;
}

function LazySmtp({ message }: { message: ApiMessage }) {
  const resource = useResource('smtp', 0, () => import('../tabs/smtp.js'));
  return <Loaded resource={resource}>{({ Smtp }) => <Smtp message={message} />}</Loaded>;
}

function LazyTest({ message }: { message: ApiMessage }) {
  const resource = useResource('test', 0, () => import('../tabs/test.js'));
  return <Loaded resource={resource}>{({ TestTab }) => <TestTab message={message} />}</Loaded>;
}
