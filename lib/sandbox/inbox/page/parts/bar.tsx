import { removeAll } from '../state/actions.js';
import { now } from '../state/clock.js';
import { counts, status } from '../state/inbox.js';
import { connection, reconnectNow } from '../state/live.js';
import { linkTo, route } from '../state/route.js';
import { follows, notifies, theme, type Theme } from '../state/settings.js';
import { announce, toast } from '../state/toasts.js';
import { count, formatBytes } from '../text/format.js';
import { Button } from './bits.js';
import { helpIsOpen } from './help.js';
import { Icon } from './icons.js';

export function Bar() {
  const { screen } = route.value;
  const { faults, messages, refused } = counts.value;
  return (
    <header class="bar">
      <a class="brand" href={linkTo({ screen: 'mail', id: null, q: '' })}>
        <Icon name="mail" />
        <span>
          Inbox <span class="muted wide">of the Graph sandbox</span>
        </span>
      </a>
      <ConnectionState />
      <span class="spring" />
      {faults > 0 && (
        <a class="chip warn" href={linkTo({ screen: 'faults' })}>
          <Icon name="faults" />
          {count(faults, 'fault')} armed
        </a>
      )}
      <Button
        icon="follow"
        kind="quiet"
        pressed={follows.value}
        keys="f"
        label="Follow: open every mail that comes"
        onClick={() => {
          follows.value = !follows.value;
          announce(follows.value ? 'Following new mail.' : 'No longer following.');
        }}
      >
        Follow
      </Button>
      <Button
        icon="bin"
        kind="quiet"
        disabled={messages + refused === 0 || (screen !== 'mail' && screen !== 'refused')}
        label={route.value.q ? 'Clear what the search found' : screen === 'refused' ? 'Clear refused' : 'Clear all'}
        onClick={() => void removeAll()}
      >
        Clear
      </Button>
      <Button
        icon={notifies.value ? 'bell' : 'bellOff'}
        kind="quiet"
        pressed={notifies.value}
        label="Notify of new mail"
        onClick={() => void toggleNotifications()}
      />
      <Button icon={theme.value} kind="quiet" label={`Theme: ${theme.value}`} onClick={() => (theme.value = nextTheme[theme.value])} />
      <Button icon="help" kind="quiet" keys="?" label="Help and shortcuts" onClick={() => (helpIsOpen.value = true)} />
    </header>
  );
}

const nextTheme: Record<Theme, Theme> = { auto: 'light', light: 'dark', dark: 'auto' };

async function toggleNotifications(): Promise<void> {
  if (notifies.value) return void (notifies.value = false);
  if (!('Notification' in window)) return void toast('This browser has no notifications here.', { isError: true });
  const permission = await Notification.requestPermission();
  notifies.value = permission === 'granted';
  if (permission !== 'granted') toast('The browser does not allow this page to notify; its site settings can.', { isError: true });
}

function ConnectionState() {
  const { value } = connection;
  const tone = { connecting: 'wait', live: 'live', reconnecting: 'wait', ended: 'off' }[value.state];
  const text = { connecting: 'connecting', live: 'live', reconnecting: 'reconnecting', ended: 'stopped' }[value.state];
  return (
    <span class="connection" data-state={value.state}>
      <span class={`dot ${tone}`} aria-hidden="true" />
      {text}
      <span class="muted wide"> · {count(counts.value.messages, 'mail')}</span>
    </span>
  );
}

/** Says what is wrong with the connection, and until when; what was loaded stays. */
export function ConnectionBanner() {
  const { value } = connection;
  if (value.state === 'live' || value.state === 'connecting') return null;
  const seconds = Math.max(0, Math.ceil((value.nextTryAt - now.value) / 1000));
  return (
    <div class="banner" role="status">
      <Icon name="warning" />
      <span>
        {value.state === 'ended' ? 'The sandbox was stopped; what is loaded stays readable. ' : 'The connection is lost. '}
        <span aria-hidden="true">Trying again{seconds > 0 ? ` in ${seconds} s` : ' …'}</span>
      </span>
      <Button kind="quiet" onClick={reconnectNow}>
        Try now
      </Button>
    </div>
  );
}

/** What a limit has dropped, where one did. */
export function Limits() {
  const { value } = status;
  if (!value || value.evicted === 0) return null;
  const { maxMessages, maxBytes } = value.limits;
  const limits = [...(maxMessages === null ? [] : [count(maxMessages, 'mail')]), ...(maxBytes === null ? [] : [formatBytes(maxBytes)])];
  return (
    <p class="limits muted">
      {count(value.evicted, 'older mail')} dropped: the limit is {limits.join(' and ')}.
    </p>
  );
}
