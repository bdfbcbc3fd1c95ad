import type { SandboxFault } from '../../types.js';
import type { ApiFault, ApiFaultRule, ApiFaults } from '../api-types.js';
import { renderRule } from './render-message.js';

/** What the buttons arm. */
export const presets: ApiFaults['presets'] = [
  {
    id: 'throttle',
    label: 'Throttled once',
    detail: 'The next send is answered with 429 and Retry-After: 2; a good client waits and sends again.',
    rule: { operation: ['sendMail', 'createDraft'], status: 429, headers: { 'Retry-After': '2' } },
  },
  {
    id: 'busy-twice',
    label: '503 twice',
    detail: 'Graph is not available for two requests.',
    rule: { operation: ['sendMail', 'createDraft', 'send'], status: 503, times: 2 },
  },
  {
    id: 'answer-lost',
    label: 'Accepted, answer lost',
    detail: 'The message goes out and the connection is cut: who sends again sends twice.',
    rule: { operation: ['sendMail', 'send'], accepted: true, cut: 'reset' },
  },
  {
    id: 'gateway-timeout',
    label: 'Accepted, 504',
    detail: 'The message goes out and a gateway says it timed out.',
    rule: { operation: ['sendMail', 'send'], accepted: true, status: 504 },
  },
  {
    id: 'slow',
    label: 'Slow, 30 s',
    detail: 'The next answer takes half a minute.',
    rule: { operation: ['sendMail', 'createDraft'], delay: 30_000 },
  },
  {
    id: 'third-chunk',
    label: 'Third chunk fails',
    detail: 'The third range of an upload is answered with 503.',
    rule: { operation: 'uploadChunk', skip: 2, status: 503 },
  },
  {
    id: 'no-permission',
    label: 'Access denied once',
    detail: 'As if Mail.Send or the mailbox were missing.',
    rule: { operation: ['sendMail', 'createDraft'], status: 403 },
  },
  {
    id: 'secret-expired',
    label: 'Secret expired',
    detail: 'The next sign-in is refused with AADSTS7000222. A client that has a token does not sign in.',
    rule: {
      operation: 'token',
      status: 401,
      code: 'invalid_client',
      message: 'AADSTS7000222: The provided client secret keys for the app are expired.',
    },
  },
];

/** @param struck ids of the requests it struck, newest first */
export function renderFault(fault: SandboxFault, struck: string[], fromInbox: boolean): ApiFault {
  const rule = renderRule(fault.rule);
  return {
    id: fault.id,
    label: describeFault(rule),
    rule,
    hasMatch: fault.rule.match !== undefined,
    hits: fault.hits,
    remaining: Number.isFinite(fault.remaining) ? fault.remaining : null,
    source: fromInbox ? 'inbox' : 'code',
    createdAt: fault.createdAt.toISOString(),
    struck,
  };
}

/** A rule as a sentence: `the next sendMail → 429 after 2 s`. */
export function describeFault({ operation, mailbox, times, skip, delay, accepted, status, code, cut, headers }: ApiFaultRule): string {
  const what = operation === undefined ? 'Graph request' : [operation].flat().join(' or ');
  const which = times === null ? `every ${what}` : (times ?? 1) === 1 ? `the next ${what}` : `the next ${times} × ${what}`;
  const retryAfter = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === 'retry-after')?.[1];
  const outcome = [
    accepted ? 'accepted' : '',
    status === undefined ? '' : `${status}${code === undefined ? '' : ` ${code}`}`,
    cut === undefined ? '' : { reset: 'connection cut', truncate: 'answer cut off', trickle: 'answer never ends' }[cut],
    status === undefined && cut === undefined && !accepted ? 'delayed' : '',
  ].filter(Boolean);
  return [
    which,
    mailbox === undefined ? '' : ` of ${mailbox}`,
    skip ? ` after ${skip} more` : '',
    ' → ',
    outcome.join(', '),
    delay ? ` after ${delay >= 1000 ? `${delay / 1000} s` : `${delay} ms`}` : '',
    retryAfter === undefined ? '' : `, Retry-After: ${retryAfter}`,
  ].join('');
}
