import { abortError } from '../errors/abort-error.js';
import { describe } from '../errors/connection-failure.js';
import { explain } from '../errors/catalogue.js';
import { GraphTransportError, isGraphTransportError } from '../errors/graph-transport-error.js';
import { redactedLabel } from '../errors/redact.js';
import { isLoopback } from '../graph/clouds.js';
import { traceRequest } from '../graph/trace-request.js';
import type { HttpOutcome, HttpRequest } from '../base/http.js';
import type { PreparedUpload } from '../prepared/prepared-message.js';
import { originOf, type Delivery } from './delivery.js';
import { IMMUTABLE_IDS, type Draft } from './draft.js';
import { failure, requestGraph } from './request.js';
import { decide } from './retry.js';

/** 12 × 320 KiB: below Outlook's 4 MB and a multiple of what Microsoft's other upload sessions want. */
export const CHUNK = 12 * 320 * 1024;

/** Sessions tried for one attachment: they expire, and may be lost. */
const MAX_SESSIONS = 3;

/** 403 although the draft could be made; see https://learn.microsoft.com/graph/known-issues. */
const OWN_MAILBOX =
  "With the token of a signed-in user Graph allows large attachments only in the user's own mailbox: use mailbox: 'me', application permissions, or attachments below 3 MB.";

/** What came of one chunk. */
type ChunkResult =
  | { state: 'more'; next: number }
  | { state: 'done' }
  /** The session is gone. */
  | { state: 'lost'; error: GraphTransportError }
  /** The last chunk may or may not have completed the attachment. */
  | { state: 'unknown'; error: GraphTransportError };

/**
 * Uploads an attachment through an upload session.
 *
 * @param isThere whether the attachment is in the draft, asked when the last answer was lost
 */
export async function uploadInChunks(
  delivery: Delivery,
  draft: Draft,
  upload: PreparedUpload,
  isThere: () => Promise<boolean | undefined>,
): Promise<void> {
  let error: GraphTransportError | undefined;
  for (let session = 0; session < MAX_SESSIONS; session++) {
    const url = await createSession(delivery, draft, upload);
    const result = await uploadAll(delivery, upload, url);
    if (result.state === 'done') return;
    error = result.error;
    draft.unclear = true;
    if (result.state === 'unknown') {
      const there = await isThere();
      if (there) return progress(delivery, upload, upload.size);
      if (there === undefined) throw error;
    }
  }
  throw error ?? new GraphTransportError('EGRAPH', 'the upload did not end');
}

async function createSession(delivery: Delivery, { path }: Draft, { size, description }: PreparedUpload): Promise<URL> {
  const { name, contentType, isInline, contentId } = description;
  const item = {
    attachmentType: 'file',
    name,
    size,
    contentType,
    isInline,
    ...(contentId !== undefined && { contentId }),
  };
  const what = `start the upload of "${name}"`;
  for (let attempt = 0; ; attempt++) {
    const result = await requestGraph(
      delivery,
      {
        method: 'POST',
        path: `${path}/attachments/createUploadSession`,
        headers: IMMUTABLE_IDS,
        contentType: 'application/json',
        body: JSON.stringify({ AttachmentItem: item }),
      },
      { what, expected: 201, needsBody: true, settling: true },
    );
    if (result.state === 'failed')
      throw result.error.httpStatus === 403 ? failure(delivery, result.outcome, what, { hint: OWN_MAILBOX }) : result.error;
    if (result.state === 'done') return readUploadUrl(result.answer.body, delivery.settings.hosts.graphEndpoint);
    if (result.aborted) throw abortError(delivery.signal.reason, { ambiguous: false, mailbox: delivery.mailbox });
    // a session nobody uploads to leaves nothing behind
    if (attempt >= delivery.settings.retries) throw failure(delivery, result.outcome, what);
  }
}

/**
 * Where an upload session takes its chunks: over https, without user and password, and on this machine only where Graph is there, too.
 *
 * @throws {GraphTransportError} `EGRAPH`, without the address
 */
export function readUploadUrl(body: unknown, graphEndpoint: string): URL {
  const { uploadUrl: text } = (body ?? {}) as { uploadUrl?: unknown };
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  // its host differs by cloud and is not known beforehand; what counts is that the content is not sent in the clear, and that an
  // answer from the internet does not make this machine talk to itself
  const isNear = url !== undefined && isThisMachine(url.hostname);
  const mayBeNear = isLoopback(new URL(graphEndpoint).hostname);
  if (isPlain && (isNear ? mayBeNear : url.protocol === 'https:')) return url;
  throw new GraphTransportError('EGRAPH', 'Graph answered with an upload session without a usable uploadUrl; nothing was sent');
}

/** Every spelling of this machine's own address. */
function isThisMachine(hostname: string): boolean {
  const host = hostname.replace(/\.$/, '');
  return (
    isLoopback(host) ||
    host.endsWith('.localhost') ||
    host === '0.0.0.0' ||
    host === '[::]' ||
    host.startsWith('[::ffff:7f') ||
    host === '[::ffff:0:0]'
  );
}

async function uploadAll(delivery: Delivery, upload: PreparedUpload, url: URL): Promise<Exclude<ChunkResult, { state: 'more' }>> {
  const { size } = upload;
  for (let start = 0, stalls = 0; ;) {
    const result = await putChunk(delivery, upload, url, start);
    if (result.state !== 'more') {
      if (result.state === 'done') progress(delivery, upload, size);
      return result;
    }
    if (result.next <= start && stalls++ >= delivery.settings.retries) {
      throw new GraphTransportError(
        'EGRAPH',
        `the upload of "${upload.description.name}" makes no progress at byte ${start}; nothing was sent`,
      );
    }
    progress(delivery, upload, result.next);
    start = result.next;
  }
}

async function putChunk(delivery: Delivery, upload: PreparedUpload, url: URL, from: number): Promise<ChunkResult> {
  const { settings, signal, turn, logger } = delivery;
  const { description, size } = upload;
  const what = `upload "${description.name}"`;
  let start = from;
  for (let repeats = 0, freshConnection = false; ; repeats++) {
    const held = turn.ready(signal);
    if (held) await held.catch(aborted);
    const end = Math.min(start + CHUNK, size);
    delivery.hooks.beforeRequest?.();
    delivery.attempts++;
    const request: HttpRequest = {
      url,
      method: 'PUT',
      headers: {
        'Content-Type': 'application/octet-stream',
        'Content-Length': String(end - start),
        'Content-Range': `bytes ${start}-${end - 1}/${size}`,
      },
      body: upload.pieces(start, CHUNK),
      signal,
      freshConnection,
    };
    const outcome = await requestSession(delivery, request, end - start, repeats);
    if (signal.aborted) aborted();
    // the file, not the connection
    if (outcome.kind === 'failure' && isGraphTransportError(outcome.error)) throw outcome.error;
    logger.debug(
      { tnx: 'upload', messageId: delivery.messageId, start, end, size, httpStatus: statusOf(outcome) },
      'Uploaded a chunk of %s',
      description.name,
    );
    if (outcome.kind === 'answer' && outcome.status >= 200 && outcome.status < 300) {
      if (outcome.status === 201) return { state: 'done' };
      const next = nextExpected(outcome.body) ?? end;
      // the last chunk ends with 201; anything else at the end has to be looked at
      return next < size ? { state: 'more', next } : { state: 'unknown', error: chunkError(delivery, what, outcome, url) };
    }
    const verdict = decide(
      outcome.kind === 'answer'
        ? { kind: 'answer', status: outcome.status, complete: true, retryAfter: outcome.headers['retry-after'] }
        : { kind: 'failure', sent: outcome.sent, reason: outcome.reason },
      {
        ...settings,
        expected: 201,
        repeats,
        tokenRenewed: true,
        random: Math.random(),
        now: Date.now(),
        settling: start === 0 ? true : 'conflicts',
      },
    );
    const error = chunkError(delivery, what, outcome, url);
    switch (verdict.action) {
      case 'repeat':
        freshConnection = verdict.freshConnection;
        if (verdict.pause) turn.pause(verdict.delay);
        else await delivery.sleep(verdict.delay, signal).catch(aborted);
        break;
      case 'unknown': {
        if (repeats >= settings.retries) throw error;
        await delivery.sleep(Math.min(250 * 2 ** repeats, settings.maxRetryDelay), signal).catch(aborted);
        const state = await sessionState(delivery, url);
        if (state === 'gone') return end === size ? { state: 'unknown', error } : { state: 'lost', error };
        if (state !== undefined && state >= size) return { state: 'done' };
        start = state ?? start;
        break;
      }
      default:
        // the token in the URL has run out, so another session is needed
        if (outcome.kind === 'answer' && outcome.status === 401) return { state: 'lost', error };
        // it expects another range: an answer said that this one was not taken, and it was
        if (statusOf(outcome) === 416 && repeats < settings.retries) {
          const state = await sessionState(delivery, url);
          if (typeof state === 'number' && state !== start) {
            start = state;
            break;
          }
        }
        // 404 and 410: expired
        if (outcome.kind === 'answer' && [404, 410, 416].includes(outcome.status)) return { state: start > 0 ? 'unknown' : 'lost', error };
        throw error;
    }
  }

  function aborted(): never {
    throw abortError(signal.reason, { ambiguous: false, mailbox: delivery.mailbox });
  }
}

/** Where the session wants to go on; `undefined` if it cannot be asked, `'gone'` if it does not exist any more. */
async function sessionState(delivery: Delivery, url: URL): Promise<number | 'gone' | undefined> {
  delivery.hooks.beforeRequest?.();
  const outcome = await requestSession(delivery, { url, method: 'GET', headers: {}, signal: delivery.signal }, 0, 0);
  if (outcome.kind !== 'answer') return undefined;
  if (outcome.status === 404 || outcome.status === 410) return 'gone';
  return outcome.status === 200 ? nextExpected(outcome.body) : undefined;
}

/** Its URL carries a token of its own, and is told to nobody. */
function requestSession(delivery: Delivery, request: HttpRequest, size: number, resend: number): Promise<HttpOutcome> {
  const { url, method } = request;
  const facts = () => ({ method, origin: url.origin, path: '/{session}', size, clientRequestId: undefined });
  return traceRequest(originOf(delivery, resend), facts, secretsIn(url), () => delivery.http.request(request));
}

/** The first byte the session expects next: `"2097152"`, `"2097152-"` and both spellings of the field have been seen. */
export function nextExpected(body: Buffer): number | undefined {
  try {
    const { nextExpectedRanges, NextExpectedRanges } = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    const ranges = nextExpectedRanges ?? NextExpectedRanges;
    const first: unknown = Array.isArray(ranges) ? ranges[0] : undefined;
    const start = typeof first === 'string' || typeof first === 'number' ? /^\d+/.exec(String(first))?.[0] : undefined;
    return start === undefined ? undefined : Number(start);
  } catch {
    return undefined;
  }
}

function progress({ onProgress, messageId }: Delivery, { size, description }: PreparedUpload, sent: number): void {
  onProgress({ messageId, attachment: description.name, sent, total: size });
}

function statusOf(outcome: HttpOutcome): number | undefined {
  return outcome.kind === 'answer' ? outcome.status : undefined;
}

/** The upload service is not Graph: its answers have no request-id, and its URL carries a token of its own, so it is never shown. */
function chunkError({ mailbox }: Delivery, what: string, outcome: HttpOutcome, url: URL): GraphTransportError {
  if (outcome.kind === 'failure') {
    const code = outcome.reason === 'timeout' ? 'ETIMEDOUT' : 'ECONNECTION';
    return new GraphTransportError(code, `could not ${what}: ${describe(outcome.error)}; nothing was sent`, { mailbox });
  }
  const { code, message } = errorOf(outcome.body, secretsIn(url));
  const entry = explain({ statusCode: outcome.status, graphCode: code, message });
  const hint = entry && `${entry.cause} ${entry.remedy}`;
  const said = [code, message].filter(Boolean).join(': ');
  return new GraphTransportError(
    entry?.code ?? 'EGRAPH',
    `could not ${what} (HTTP ${outcome.status})${said ? `: ${said}` : ''}; nothing was sent.${hint ? ` ${hint}` : ''}`,
    { httpStatus: outcome.status, graphCode: code, permanent: entry?.permanent ?? false, mailbox, hint },
  );
}

/** What of an upload URL lets anybody use it, whole and in parts. */
function secretsIn({ href, search, searchParams }: URL): string[] {
  return [href, search, ...searchParams.values()].filter((text) => text.length >= 8);
}

function errorOf(body: Buffer, secrets: readonly string[]): { code: string | undefined; message: string | undefined } {
  try {
    const { error } = JSON.parse(body.toString('utf8')) as { error?: { code?: unknown; message?: unknown } };
    const text = (value: unknown, longest: number) =>
      typeof value === 'string' && value !== '' ? redactedLabel(value, secrets, longest) : undefined;
    return { code: text(error?.code, 120), message: text(error?.message, 500) };
  } catch {
    return { code: undefined, message: undefined };
  }
}
