import { outlineOf } from '../../mail/outline.js';
import { TOTAL_BYTES_HEADER, type ApiSmtp } from '../api-types.js';
import { bodyPolicy, buildBody } from '../body/build-body.js';
import { ApiRefusal, type InboxAnswer } from '../http/answer.js';
import { downloadHeaders } from '../http/download.js';
import type { MessageEntry, RefusedEntry } from '../journal/entries.js';
import { renderHar } from '../views/render-har.js';
import { renderMessage, renderMessageRow, renderRefused, renderRefusedRow } from '../views/render-message.js';
import { shortenBase64 } from '../views/render-request.js';
import type { ApiCall, ApiRoute } from './call.js';
import { find, readNumber, readPage } from './read-query.js';

const LIST = {
  q: 'A search, see docs/sandbox.md',
  kinds: '`message` (default), `refused`, or both with a comma',
  limit: 'Rows, at most 200',
  offset: 'How many rows to skip, newest first',
  until: 'As the page before had it: what came later does not shift the rows',
};
const LIMIT = { limit: 'Most bytes' };

/** Messages and refused sends. */
export const messageRoutes: ApiRoute[] = [
  { method: 'GET', path: 'messages', summary: 'Mails, newest first', query: LIST, answer: 'MessagePage', run: listMessages },
  {
    method: 'DELETE',
    path: 'messages',
    summary: 'Deletes mails',
    query: { q: LIST.q, kinds: LIST.kinds },
    answer: 'Removed',
    run: deleteMessages,
  },
  { method: 'POST', path: 'messages/read', summary: 'Marks mails as read or unread', posts: 'ReadBody', answer: 'Counts', run: markRead },
  {
    method: 'GET',
    path: 'messages/:id',
    summary: 'A mail with envelope, plan and timeline; `latest` is the newest (that fits `q`)',
    query: { q: LIST.q },
    answer: 'Message',
    run: async (call) => ({ status: 200, body: renderMessage(await findMessage(call), call.inbox.view) }),
  },
  { method: 'DELETE', path: 'messages/:id', summary: 'Deletes a mail', answer: 'Removed', run: deleteMessage },
  {
    method: 'GET',
    path: 'messages/:id/body',
    summary: 'The html as an isolated document',
    query: { remote: '`1` lets remote images load' },
    run: showBody,
  },
  { method: 'GET', path: 'messages/:id/html', summary: 'The html as text', query: LIMIT, run: (call) => showText(call, 'html') },
  { method: 'GET', path: 'messages/:id/text', summary: 'The plain text', query: LIMIT, run: (call) => showText(call, 'text') },
  {
    method: 'GET',
    path: 'messages/:id/source',
    summary: 'What a recipient gets',
    query: { ...LIMIT, download: '`1`: as .eml' },
    run: showSource,
  },
  {
    method: 'GET',
    path: 'messages/:id/posted',
    summary: 'What the app posted',
    query: { ...LIMIT, full: '`1`: with all base64' },
    run: showPosted,
  },
  {
    method: 'GET',
    path: 'messages/:id/smtp',
    summary: 'What SMTP would have sent beside what a recipient gets',
    answer: 'Smtp',
    run: compareWithSmtp,
  },
  { method: 'GET', path: 'messages/:id/parts/:index', summary: 'An attachment', run: showPart },
  {
    method: 'GET',
    path: 'messages/:id/har',
    summary: 'Its requests as HAR 1.2',
    run: async (call) => {
      const { send, message } = await findMessage(call);
      const headers = { ...downloadHeaders(`${message.subject}.har`), 'Content-Type': 'application/json; charset=utf-8' };
      return { status: 200, headers, body: renderHar(send.requests, call.inbox.context) };
    },
  },
  {
    method: 'GET',
    path: 'refused/:id',
    summary: 'A refused send',
    answer: 'Refused',
    run: (call) => ({ status: 200, body: renderRefused(findRefused(call), call.inbox.view) }),
  },
  {
    method: 'DELETE',
    path: 'refused/:id',
    summary: 'Deletes a refused row',
    answer: 'Removed',
    run: (call) => ({ status: 200, body: call.inbox.remove([findRefused(call)]) }),
  },
];

const notFound = (what: string): ApiRefusal => new ApiRefusal(404, 'NotFound', `There is no such ${what}, or no more.`);

/** The message a call is about. @throws ApiRefusal */
export async function findMessage({ inbox, params, query }: ApiCall): Promise<MessageEntry> {
  const { id = '' } = params;
  const q = query.get('q');
  const entry = id === 'latest' && q !== null ? (await find(inbox.messages, query)).at(-1) : inbox.journal.find(id);
  if (!entry) throw notFound('message');
  return entry;
}

function findRefused({ inbox, params }: ApiCall): RefusedEntry {
  const entry = inbox.journal.findRefused(params.id ?? '');
  if (!entry) throw notFound('refused send');
  return entry;
}

async function findRows({ inbox, query }: ApiCall): Promise<readonly (MessageEntry | RefusedEntry)[]> {
  const kinds = new Set((query.get('kinds') ?? 'message').split(','));
  if ([...kinds].some((kind) => kind !== 'message' && kind !== 'refused')) {
    throw new ApiRefusal(400, 'InvalidQuery', "'kinds' is message, refused or both.");
  }
  if (kinds.size > 1) return find(inbox.both, query);
  return kinds.has('message') ? find(inbox.messages, query) : find(inbox.refused, query);
}

async function listMessages(call: ApiCall): Promise<InboxAnswer> {
  const { inbox, query } = call;
  const rows = await findRows(call);
  const page = readPage(query, rows, (entry) => (entry.kind === 'message' ? renderMessageRow(entry, inbox.view) : renderRefusedRow(entry)));
  return { status: 200, body: page };
}

async function deleteMessages(call: ApiCall): Promise<InboxAnswer> {
  return { status: 200, body: call.inbox.remove([...(await findRows(call))]) };
}

async function deleteMessage(call: ApiCall): Promise<InboxAnswer> {
  return { status: 200, body: call.inbox.remove([await findMessage(call)]) };
}

function markRead({ inbox, body }: ApiCall): InboxAnswer {
  const { ids, read } = (body ?? {}) as { ids?: unknown; read?: unknown };
  const isList = Array.isArray(ids) && ids.every((id) => typeof id === 'string');
  if ((ids !== 'all' && !isList) || typeof read !== 'boolean') {
    throw new ApiRefusal(400, 'InvalidBody', `Post {"ids": ["…"] or "all", "read": true or false}.`);
  }
  const wanted = ids;
  const entries = wanted === 'all' ? inbox.journal.messages : wanted.flatMap((id) => inbox.journal.find(id) ?? []);
  inbox.setRead(entries, wanted, read);
  return { status: 200, body: inbox.counts() };
}

function requireContent({ inbox }: ApiCall): void {
  if (!inbox.view.keepContent) {
    throw new ApiRefusal(404, 'ContentNotKept', 'This sandbox keeps sizes only: start it with keepContent: true.');
  }
}

async function showBody(call: ApiCall): Promise<InboxAnswer> {
  requireContent(call);
  const { message } = await findMessage(call);
  if (message.html === undefined) throw notFound('html body');
  const remote = call.query.get('remote') === '1' ? 'images' : 'none';
  return {
    status: 200,
    headers: { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': bodyPolicy(remote) },
    body: buildBody(message.html, message.attachments),
  };
}

async function showText(call: ApiCall, body: 'html' | 'text'): Promise<InboxAnswer> {
  requireContent(call);
  const { message } = await findMessage(call);
  const text = message[body];
  if (text === undefined) throw notFound(`${body} body`);
  return plain(call, Buffer.from(text));
}

async function showSource(call: ApiCall): Promise<InboxAnswer> {
  requireContent(call);
  const { message } = await findMessage(call);
  if (call.query.get('download') !== '1') return plain(call, message.source);
  return { status: 200, headers: downloadHeaders(`${message.subject}.eml`), body: message.source };
}

async function showPosted(call: ApiCall): Promise<InboxAnswer> {
  requireContent(call);
  const { posted } = (await findMessage(call)).message;
  if (Buffer.isBuffer(posted)) return plain(call, posted);
  const shorten = call.query.get('full') === '1' ? undefined : shortenBase64;
  return plain(call, Buffer.from(JSON.stringify(posted, shorten, 2)));
}

async function compareWithSmtp(call: ApiCall): Promise<InboxAnswer> {
  requireContent(call);
  const { message } = await findMessage(call);
  const body: ApiSmtp = { report: call.inbox.reports.find(message.messageId) ?? null, delivered: outlineOf(message.source) };
  return { status: 200, body };
}

function plain({ query }: ApiCall, bytes: Buffer): InboxAnswer {
  const limit = readNumber(query, 'limit', bytes.length);
  return {
    status: 200,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', [TOTAL_BYTES_HEADER]: String(bytes.length) },
    body: bytes.subarray(0, wholeCharacters(bytes, limit)),
  };
}

/** The last offset up to `limit` where no character is cut. */
function wholeCharacters(bytes: Buffer, limit: number): number {
  if (limit >= bytes.length) return bytes.length;
  let at = limit;
  while (at > 0 && at > limit - 4 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at--;
  return at;
}

async function showPart(call: ApiCall): Promise<InboxAnswer> {
  requireContent(call);
  const { message } = await findMessage(call);
  const { index = '' } = call.params;
  const part = /^\d{1,6}$/.test(index) ? message.attachments[Number(index)] : undefined;
  if (!part) throw notFound('attachment');
  return { status: 200, headers: downloadHeaders(part.name || `attachment-${index}`, part.contentType), body: part.content };
}
