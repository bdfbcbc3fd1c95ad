import { ApiRefusal, type InboxAnswer } from '../http/answer.js';
import type { MessageEntry } from '../journal/entries.js';
import { describeEntry } from '../search/describe.js';
import { matches } from '../search/matches.js';
import { parseQuery } from '../search/parse-query.js';
import { renderCaller } from '../views/render-caller.js';
import { renderBounce } from '../views/render-draft.js';
import { presets } from '../views/render-fault.js';
import { renderLoad } from '../views/render-load.js';
import { renderMessage, renderMessageRow } from '../views/render-message.js';
import { renderRequest, renderRequestRow } from '../views/render-request.js';
import { renderSettings } from '../views/render-settings.js';
import type { ApiCall, ApiRoute } from './call.js';
import { find, readNumber, readPage } from './read-query.js';
import { readFaultRule } from './read-fault-rule.js';
import { readReport } from './read-report.js';
import { sendSample } from './send-sample.js';
import { streamEvents } from './stream-events.js';

const PAGE = { limit: 'Rows, at most 200', offset: 'How many rows to skip, newest first', until: 'As the page before had it' };
const MOST_WAIT = 120_000;
const DEFAULT_WAIT = 5000;
/** Requests that may wait at a time. */
const MOST_WAITING = 100;

const ok = (body: object): InboxAnswer => ({ status: 200, body });
const notFound = (what: string): ApiRefusal => new ApiRefusal(404, 'NotFound', `There is no such ${what}, or no more.`);

/** Everything but messages. */
export const otherRoutes: ApiRoute[] = [
  { method: 'GET', path: 'status', summary: 'Counts, limits, mailboxes', answer: 'Status', run: showStatus },
  {
    method: 'GET',
    path: 'settings',
    summary: 'What to paste into an app',
    answer: 'Settings',
    run: ({ inbox: { context } }) => ok(renderSettings(context.state, context.ca, context.caFile)),
  },
  { method: 'POST', path: 'undo', summary: 'Puts back what was deleted last', posts: 'UndoBody', answer: 'Restored', run: undo },
  {
    method: 'GET',
    path: 'requests',
    summary: 'Requests, newest first',
    query: { q: 'A search', ...PAGE },
    answer: 'RequestPage',
    run: async ({ inbox, query }) => ok(readPage(query, await find(inbox.requests, query), renderRequestRow)),
  },
  { method: 'GET', path: 'requests/:id', summary: 'A request with headers, bodies and reason', answer: 'Request', run: showRequest },
  {
    method: 'GET',
    path: 'drafts',
    summary: 'Drafts neither sent nor deleted',
    answer: 'DraftList',
    run: ({ inbox }) => ok({ items: inbox.drafts().reverse() }),
  },
  { method: 'DELETE', path: 'drafts/:id', summary: 'Deletes a draft, for good', answer: 'Removed', run: deleteDraft },
  { method: 'GET', path: 'sent/:mailbox', summary: 'Sent Items of a mailbox', query: PAGE, answer: 'MessagePage', run: listSent },
  { method: 'GET', path: 'bounces', summary: 'Accepted and not delivered', answer: 'BounceList', run: listBounces },
  {
    method: 'GET',
    path: 'faults',
    summary: 'Scripted faults, and ready-made ones',
    answer: 'Faults',
    run: ({ inbox }) => ok({ items: inbox.faultList(), presets }),
  },
  { method: 'POST', path: 'faults', summary: 'Arms a fault', posts: 'FaultRule', answer: 'Fault', run: armFault },
  { method: 'DELETE', path: 'faults', summary: 'Removes all faults', run: removeFaults },
  { method: 'DELETE', path: 'faults/:id', summary: 'Removes a fault', run: removeFault },
  {
    method: 'GET',
    path: 'callers',
    summary: 'Apps that called, their permissions and what they needed',
    answer: 'CallerList',
    run: listCallers,
  },
  {
    method: 'GET',
    path: 'traffic',
    summary: 'What each app asks of each mailbox, beside the limits',
    answer: 'TrafficList',
    run: ({ inbox: { context } }) => ok({ items: context.state.traffic.list().map((load) => renderLoad(context.state, load)) }),
  },
  { method: 'POST', path: 'reports', summary: 'Tells what SMTP would have sent', posts: 'SmtpReport', run: takeReport },
  {
    method: 'POST',
    path: 'sample',
    summary: 'Sends a mail to the sandbox itself',
    posts: 'SampleBody',
    answer: 'SampleSent',
    run: sendSample,
  },
  {
    method: 'GET',
    path: 'wait',
    summary: 'Answers as soon as there is a mail that fits, the newest first',
    query: { q: 'A search', timeout: 'Milliseconds, at most 120,000; default 5,000', after: 'Only mails with a higher `seq`' },
    answer: 'Message',
    run: wait,
  },
  { method: 'GET', path: 'events', summary: 'Server-Sent Events', query: { last: 'As Last-Event-ID' }, run: streamEvents },
];

/** The documentation lies beside the page, wherever that was reached. */
function showStatus({ inbox, request }: ApiCall): InboxAnswer {
  const [below = '/'] = (request.url ?? '/').split('api/v1/');
  return ok(inbox.status(`http://${request.headers.host}${below}docs/`));
}

function undo({ inbox, body }: ApiCall): InboxAnswer {
  const { undo: token } = (body ?? {}) as { undo?: unknown };
  if (typeof token !== 'string') throw new ApiRefusal(400, 'InvalidBody', 'Post {"undo": "…"} with what the deletion answered.');
  const restored = inbox.restore(token);
  if (restored === undefined) throw new ApiRefusal(404, 'NotFound', 'That cannot be undone any more.');
  return ok({ restored });
}

function showRequest({ inbox, params }: ApiCall): InboxAnswer {
  const entry = inbox.journal.findRequest(params.id ?? '');
  if (!entry) throw notFound('request');
  const { origins } = inbox.context.state;
  const { operation } = entry.record;
  const isSignIn = operation === 'token' || operation === 'discovery';
  const isUpload = ['uploadChunk', 'getUploadSession', 'cancelUpload'].includes(operation);
  return ok(renderRequest(entry, isSignIn ? origins.authority : isUpload ? origins.upload : origins.graph));
}

function deleteDraft({ inbox, params }: ApiCall): InboxAnswer {
  const { store } = inbox.context.state;
  const item = store.item(params.id ?? '');
  if (!item || item.folder !== 'drafts') throw notFound('draft');
  store.remove(item);
  return ok({ removed: 1, undo: null, undoUntil: null });
}

function listSent({ inbox, params, query }: ApiCall): InboxAnswer {
  const { directory } = inbox.context.state;
  const owner = directory.mailbox(params.mailbox ?? '');
  if (!owner) throw notFound('mailbox');
  const rows = inbox.journal.messages.filter(
    ({ message }) => message.mailbox === owner.userPrincipalName && inbox.view.isInSentItems(message),
  );
  return ok(readPage(query, rows, (entry: MessageEntry) => renderMessageRow(entry, inbox.view)));
}

function listBounces({ inbox }: ApiCall): InboxAnswer {
  const { bounces } = inbox.context.state.store;
  return ok({ items: bounces.map((bounce, index) => renderBounce(bounce, inbox.journal.bouncedAt.get(bounce), index)).reverse() });
}

/** Faults that can be armed at a time. */
const MOST_FAULTS = 200;

function armFault({ inbox, body }: ApiCall): InboxAnswer {
  const rule = readFaultRule(body);
  if (typeof rule === 'string') throw new ApiRefusal(400, 'InvalidRule', rule);
  if (inbox.context.faults.list().length >= MOST_FAULTS)
    throw new ApiRefusal(409, 'TooMany', `There are ${MOST_FAULTS} faults already: remove some.`);
  return { status: 201, body: inbox.renderFault(inbox.arm(rule)) };
}

function removeFaults({ inbox }: ApiCall): InboxAnswer {
  inbox.context.faults.clear();
  return { status: 204 };
}

function removeFault({ inbox, params }: ApiCall): InboxAnswer {
  const fault = inbox.context.faults.find(params.id ?? '');
  if (!fault) throw notFound('fault');
  fault.remove();
  return { status: 204 };
}

function takeReport({ inbox, body }: ApiCall): InboxAnswer {
  const report = readReport(body);
  if (typeof report === 'string') throw new ApiRefusal(400, 'InvalidBody', report);
  inbox.reports.add(report);
  return { status: 204 };
}

function listCallers({ inbox }: ApiCall): InboxAnswer {
  const { directory } = inbox.context.state;
  return ok({ items: inbox.journal.callers.list().map((entry) => renderCaller(entry, directory.app(entry.caller.appId))) });
}

async function wait({ inbox, query, response }: ApiCall): Promise<InboxAnswer | undefined> {
  const timeout = readNumber(query, 'timeout', DEFAULT_WAIT, MOST_WAIT);
  const after = readNumber(query, 'after', 0);
  const text = query.get('q') ?? '';
  const past = (await find(inbox.messages, query)).at(-1);
  if (past && past.seq > after) return ok(renderMessage(past, inbox.view));
  if (inbox.waiters.size >= MOST_WAITING) throw new ApiRefusal(503, 'TooManyStreams', `${MOST_WAITING} requests wait already.`);
  const parsed = parseQuery(text);
  const found = await new Promise<MessageEntry | undefined>((resolve) => {
    const waiter = {
      accepts: (entry: MessageEntry) => entry.seq > after && matches(parsed, describeEntry(entry, inbox.view)),
      resolve: (entry: MessageEntry | undefined) => {
        clearTimeout(timer);
        inbox.waiters.delete(waiter);
        resolve(entry);
      },
    };
    const timer = setTimeout(() => waiter.resolve(undefined), timeout);
    inbox.waiters.add(waiter);
    response.once('close', () => waiter.resolve(undefined));
  });
  if (found) return ok(renderMessage(found, inbox.view));
  if (response.destroyed) return undefined;
  const last = inbox.journal.messages.slice(-5).map(({ message }) => `'${message.subject.slice(0, 100)}'`);
  const refused = inbox.journal.refused.at(-1)?.last.record;
  const hint = refused ? ` The last refused: ${refused.status} ${refused.errorCode ?? ''}, ${refused.reason ?? ''}` : '';
  throw new ApiRefusal(
    404,
    'NotArrived',
    `No mail ${text === '' ? 'came' : `matched ${text}`} within ${timeout} ms. The last ones: ${last.join(', ') || 'none'}.${hint}`,
  );
}
