import type { GraphTransportError } from '../errors/graph-transport-error.js';
import type { Route } from '../prepared/prepared-message.js';

/** What is known of a message when a worker takes it. */
export interface Found {
  state: 'queued' | 'sending';
  route: Route;
  /** The worker before did not hand it back. */
  dirty: boolean;
  /** Redis was started anew since, or a replica took over. */
  runChanged: boolean;
  /** … and what was written since may be lost with it. */
  lossy: boolean;
  saveToSentItems: boolean;
  draftId: string;
  until: number;
  expires: number;
  lookFrom: number;
  now: number;
  /** ms since something may have been lost. */
  sinceLoss: number;
  /** A person has said that it was not sent: the mailbox is asked all the same. */
  look: boolean;
  /** ms after a loss in which a request whose mark is lost may be under way, or its copy late. */
  lossDelay: number;
  settleTime: number;
}

/** What the mailbox says about it. */
export type Look =
  /** Messages with its Message-ID. */
  | { kind: 'found'; sent: boolean; drafts: string[] }
  /** The app may not read the mailbox. */
  | { kind: 'forbidden' }
  /** It cannot be told now. */
  | { kind: 'unavailable' };

export type Step =
  | { do: 'send' }
  | { do: 'expire' }
  /** Look by Message-ID first. */
  | { do: 'look' }
  /** The draft was, or may have been, sent: look at it. */
  | { do: 'settle' };

/** What a worker does first with a message it has taken. */
export function firstStep(found: Found): Step {
  const { state, route, dirty, runChanged, look, now, expires } = found;
  if (state === 'sending') return { do: route === 'draft' ? 'settle' : 'look' };
  // without a mark nothing was sent, and a mark of this server's run is not lost; a draft may be left, though
  if (runChanged || look || (dirty && route === 'draft')) return { do: 'look' };
  return now > expires ? { do: 'expire' } : { do: 'send' };
}

export type AfterLook =
  | { do: 'sent' }
  /** Delete these drafts, then send. */
  | { do: 'send'; discard: string[] }
  | { do: 'expire'; discard: string[] }
  | { do: 'ambiguous'; why: 'forbidden' | 'notFound' | 'noCopy' }
  /** Fail closed: look again in so many ms. */
  | { do: 'later'; delay: number }
  /** A grant is missing. */
  | { do: 'hold' };

/** What follows from a look by Message-ID. */
export function afterLook(found: Found, look: Look): AfterLook {
  const { state, route, lossy, saveToSentItems, now, expires, sinceLoss, lossDelay } = found;
  if (look.kind === 'found' && look.sent) return { do: 'sent' };
  if (look.kind === 'unavailable') return { do: 'later', delay: lookDelay(found) };
  const end = (discard: string[]): AfterLook => (now > expires ? { do: 'expire', discard } : { do: 'send', discard });

  if (state === 'sending') {
    // route sendMail: whatever is not found is not sent again
    if (look.kind === 'forbidden') return { do: 'ambiguous', why: 'forbidden' };
    if (!saveToSentItems) return { do: 'ambiguous', why: 'noCopy' };
    if (found.lookFrom > 0 && now - found.lookFrom >= found.settleTime) return { do: 'ambiguous', why: 'notFound' };
    return { do: 'later', delay: lookDelay(found) };
  }
  if (look.kind === 'forbidden') {
    if (route === 'draft') return { do: 'hold' };
    return lossy ? { do: 'ambiguous', why: 'forbidden' } : end([]);
  }
  const drafts = route === 'draft' ? look.drafts : [];
  if (!lossy) return end(drafts);
  if (route === 'sendMail' && !saveToSentItems) return { do: 'ambiguous', why: 'noCopy' };
  // a mark may be lost, its request still under way, and its copy late
  if (sinceLoss < lossDelay) return { do: 'later', delay: Math.max(lossDelay - sinceLoss, 100) };
  return end(drafts);
}

export type AfterSettle = { do: 'sent' } | { do: 'sendDraft' } | { do: 'later'; delay: number } | { do: 'ambiguous'; why: 'notFound' };

/** What follows from a look at a draft that was, or may have been, sent. */
export function afterSettle(found: Found, state: 'sent' | 'draft' | 'missing' | 'unknown'): AfterSettle {
  const { now, until, lookFrom, settleTime } = found;
  switch (state) {
    case 'sent':
      return { do: 'sent' };
    case 'draft':
      return now < until ? { do: 'later', delay: until - now } : { do: 'sendDraft' };
    case 'missing':
      // the Sent copy may lag behind
      return lookFrom > 0 && now - lookFrom >= settleTime ? { do: 'ambiguous', why: 'notFound' } : { do: 'later', delay: lookDelay(found) };
    case 'unknown':
      return { do: 'later', delay: lookDelay(found) };
  }
}

export type AfterCompare = { do: 'sendDraft' } | { do: 'later' } | { do: 'startAnew' };

/**
 * What follows for a draft that certainly was not sent, from a comparison of its files with the message's: a request that added one may
 * have acted late, and its worker may be dead since.
 */
export function afterCompare(difference: 'same' | 'more' | 'fewer' | undefined): AfterCompare {
  if (difference === 'same') return { do: 'sendDraft' };
  return { do: difference === undefined ? 'later' : 'startAnew' };
}

/** The longer it was looked for, the less often. */
function lookDelay({ now, lookFrom, settleTime }: Found): number {
  const looked = lookFrom > 0 ? now - lookFrom : 0;
  return Math.round(Math.min(Math.max(1000, looked / 2), 60_000, Math.max(settleTime / 3, 200)));
}

/** What an error of delivery says about the message. */
export function classify(error: GraphTransportError): 'hold' | 'fail' | 'later' {
  const { code, httpStatus, permanent } = error;
  switch (code) {
    case 'EAUTH':
    case 'ECONFIG':
      // of this worker or its grants, and not of the message
      return 'hold';
    case 'EENVELOPE':
      // the sending mailbox is missing
      return httpStatus === 404 ? 'hold' : 'fail';
    case 'EMESSAGE':
      return 'fail';
    case 'EGRAPH':
      return permanent ? 'fail' : 'later';
    case 'ECONNECTION':
    case 'ETIMEDOUT':
    case 'EABORT':
      // a proxy that wants a password is of this worker, too
      return permanent ? 'hold' : 'later';
  }
}

/** Whether an error proves that Graph has not taken the message. */
export function provesUnsent(error: GraphTransportError, { route, sends }: { route: Route; sends: number }): boolean {
  if (sends === 0) return true;
  if (error.ambiguous) return false;
  // a draft that got no clear answer is still a draft when it is looked at, but the request may not be over
  return route === 'sendMail' || (sends === 1 && error.httpStatus !== undefined && error.httpStatus < 504 && error.code !== 'EABORT');
}

/** Milliseconds before a message is tried again: 2 s, then doubling up to 15 minutes, a little spread. */
export function retryDelay(tries: number, random: number): number {
  return Math.round(Math.min(2000 * 2 ** Math.min(tries - 1, 12), 15 * 60_000) * (0.75 + random / 2));
}
