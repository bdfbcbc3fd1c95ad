import { outlineOf } from './mail/outline.js';
import type { SmtpReport } from './wire-types.js';
import { WRITE_HEADER } from './inbox/api-types.js';

/** A mail as Nodemailer hands it to its plugins. */
export interface MailToReport {
  readonly message: object;
}

/** As much of Nodemailer's MIME node as is read here. */
interface Node {
  content?: unknown;
  _raw?: unknown;
  _headers: unknown[];
  childNodes: Node[];
}

interface RootNode extends Node {
  messageId(): string;
  getEnvelope(): { from: string | false; to: string[] };
  createReadStream(): AsyncIterable<Buffer>;
}

/** Longer mails are not reported: they would be held in memory a second time. */
const MOST_BYTES = 40 * 1024 * 1024;
/** Characters of addresses: a report has at most 64 kB. */
const MOST_ADDRESSES = 20_000;
const TIMEOUT = 5000;

/**
 * A plugin for Nodemailer that tells the sandbox's inbox what SMTP would have sent, for its tab SMTP: header fields, parts and envelope, no
 * contents. For development. The mail itself is not changed, and goes its way also where the inbox does not answer, which is a warning of
 * the process, once. A mail with a stream, or with something that would be fetched, is not reported: it can be read only once.
 *
 * ```js
 * transporter.use('stream', reportToInbox(sandbox.inboxUrl));
 * ```
 *
 * @param inboxUrl `sandbox.inboxUrl`, or the address the command prints
 * @throws TypeError for what is no address
 */
export function reportToInbox(inboxUrl: string | undefined): (mail: MailToReport, callback: (error?: Error | null) => void) => void {
  if (inboxUrl === undefined)
    throw new TypeError('reportToInbox() wants the address of an inbox; this sandbox has none: start it with inbox: true');
  if (!URL.canParse(inboxUrl) || !/^https?:$/.test(new URL(inboxUrl).protocol))
    throw new TypeError('reportToInbox() wants the address of an inbox, such as http://127.0.0.1:4013/');
  const target = new URL('api/v1/reports', inboxUrl.replace(/\/?$/, '/'));
  let hasWarned = false;
  const warn = (error: unknown): void => {
    if (hasWarned) return;
    hasWarned = true;
    // fetch says why in the cause
    const { message, cause } = error as Error;
    const reason = (cause as Error | undefined)?.message ?? message;
    process.emitWarning(`The inbox could not be told what SMTP would have sent: ${reason}`, { code: 'GRAPH_SANDBOX_INBOX' });
  };
  return (mail, callback) => {
    report(mail, target)
      .catch(warn)
      .finally(() => callback());
  };
}

async function report({ message }: MailToReport, target: URL): Promise<void> {
  const root = message as RootNode;
  const nodes = nodesOf(root);
  if (nodes.some(({ content, _raw }) => isReadOnce(content) || isReadOnce(_raw))) return;
  const messageId = root.messageId();
  // writing it settles fields for good, a Date for instance, which the transport would take for the app's
  const headers = nodes.map(({ _headers }) => [..._headers]);
  let source: Buffer | undefined;
  try {
    source = await read(root);
  } finally {
    nodes.forEach((node, index) => node._headers.splice(0, Infinity, ...(headers[index] ?? [])));
  }
  if (!source) return;
  const { from, to } = root.getEnvelope();
  const body: SmtpReport = {
    messageId,
    envelope: { from: from || '', to: firstOf(to), count: to.length },
    outline: outlineOf(source),
  };
  const answer = await fetch(target, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', [WRITE_HEADER]: '1' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT),
  });
  if (!answer.ok) throw new Error(`${target.href} answered ${answer.status}`);
}

function firstOf(addresses: string[]): string[] {
  let length = 0;
  return addresses.filter((address) => (length += address.length + 3) <= MOST_ADDRESSES);
}

function nodesOf(root: Node): Node[] {
  const nodes = [root];
  for (const { childNodes } of nodes) nodes.push(...childNodes);
  return nodes;
}

/** A stream, or an address that would be fetched a second time. */
const isReadOnce = (content: unknown): boolean =>
  typeof content === 'object' &&
  content !== null &&
  (typeof (content as { pipe?: unknown }).pipe === 'function' || ('href' in content && content.href !== undefined));

async function read(root: RootNode): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of root.createReadStream()) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
