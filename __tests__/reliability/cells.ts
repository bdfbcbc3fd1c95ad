import nodemailer from 'nodemailer';
import { graphTransport, isGraphTransportError, type GraphTransportError } from '../../lib/index.js';
import type { FaultRule, Sandbox } from '../../lib/sandbox/index.js';
import { expireAnswers, REQUEST_TIMEOUT } from '../support/expire-answers.js';

/** What a cell of the matrix must end in. */
export type End = 'sent' | 'refused' | 'ambiguous';

export interface Fault {
  name: string;
  rule: FaultRule;
}

export interface Cell {
  name: string;
  mailbox: string;
  rule: FaultRule;
  message: object;
  end: End;
  options?: object;
}

/** The faults of the issue; `after` means that the request took effect. */
export const faults: Fault[] = [
  { name: 'reset', rule: { cut: 'reset' } },
  { name: 'reset after', rule: { cut: 'reset', accepted: true } },
  ...[401, 403, 404, 409, 412, 413, 429, 500, 502, 503, 504].map((status) => ({ name: `${status}`, rule: { status } })),
  ...[500, 502, 504].map((status) => ({ name: `${status} after`, rule: { status, accepted: true } })),
  { name: '429 Retry-After', rule: { status: 429, headers: { 'Retry-After': '0' } } },
  { name: '503 Retry-After', rule: { status: 503, headers: { 'Retry-After': '0' } } },
  { name: '400 malformed', rule: { status: 400, body: '{"error": {"code": "Err' } },
  { name: 'truncated after', rule: { cut: 'truncate', accepted: true } },
  { name: 'trickle after', rule: { cut: 'trickle', accepted: true } },
];

/** Runs one cell and returns what is wrong with it, or nothing. */
export async function runCell(sandbox: Sandbox, { name, mailbox, rule, message, end, options }: Cell): Promise<string[]> {
  const wrong: string[] = [];
  const subject = name;
  const { graphEndpoint, tls } = sandbox.options;
  const credential = { getToken: () => Promise.resolve({ token: sandbox.issueToken(), expiresOnTimestamp: Date.now() + 3_600_000 }) };
  const transport = graphTransport({
    credential,
    graphEndpoint,
    tls,
    mailbox,
    retries: 2,
    maxRetryDelay: 5,
    requestTimeout: REQUEST_TIMEOUT,
    ...options,
  });
  const fault = sandbox.fail({ ...rule, ...(rule.operation !== 'token' && { mailbox }) });
  let settled = 0;
  let error: GraphTransportError | undefined;
  const send = () =>
    new Promise<void>((resolve) => {
      nodemailer
        .createTransport(transport)
        .sendMail({ from: mailbox, to: 'reader@example.com', subject, text: 'x', ...message }, (reason) => {
          settled++;
          if (isGraphTransportError(reason)) error = reason;
          else if (reason) wrong.push(`not a GraphTransportError: ${String(reason)}`);
          // long enough to notice a second call
          setTimeout(resolve, 20);
        });
    });
  await (rule.cut === 'trickle' ? expireAnswers(fault, send) : send());
  transport.close();
  fault.remove();

  const copies = sandbox.messages.filter((sent) => sent.subject === subject);
  const left = sandbox.drafts.filter((draft) => draft.subject === subject);
  const actual: End = !error ? 'sent' : error.ambiguous ? 'ambiguous' : 'refused';
  if (fault.hits === 0) wrong.push('the fault never struck');
  if (settled !== 1) wrong.push(`settled ${settled} times`);
  if (copies.length > 1) wrong.push(`${copies.length} copies`);
  if (actual === 'sent' && copies.length !== 1) wrong.push(`success, but ${copies.length} copies`);
  if (actual === 'refused' && copies.length > 0) wrong.push('the error says that nothing was sent, but it was');
  if (actual !== end) wrong.push(`ended ${actual}, not ${end}${error ? `: ${error.message}` : ''}`);
  if (error?.ambiguous && error.permanent) wrong.push('both ambiguous and permanent');
  if (left.length > 0 && !/left in Drafts/.test(error?.message ?? '') && !error?.ambiguous) wrong.push(`${left.length} drafts left`);
  const [copy] = copies;
  const files = (message as { attachments?: { filename: string }[] }).attachments ?? [];
  if (
    copy &&
    copy.attachments
      .map((file) => file.name)
      .sort()
      .join() !==
      files
        .map((file) => file.filename)
        .sort()
        .join()
  ) {
    wrong.push(`attachments arrived: ${copy.attachments.map((file) => `${file.name} (${file.size})`).join()}`);
  }
  return wrong.map((text) => `${name}: ${text}`);
}

/** Runs cells a few at a time, those with a deadline one by one; the sandbox forgets each batch, whose attachments would fill the memory. */
export async function runCells(sandbox: Sandbox, cells: readonly Cell[], atATime = 6): Promise<string[]> {
  const wrong: string[] = [];
  const alone = (cell: Cell) => cell.rule.cut === 'trickle';
  const queue = cells.filter((cell) => !alone(cell));
  const batches = cells.filter(alone).map((cell) => [cell]);
  while (queue.length > 0) batches.push(queue.splice(0, atATime));
  for (const batch of batches) {
    wrong.push(...(await Promise.all(batch.map((cell) => runCell(sandbox, cell)))).flat());
    sandbox.clear();
  }
  return wrong;
}
