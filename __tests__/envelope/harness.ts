import type { GraphSentMessageInfo } from '../../lib/index.js';
import { isGraphTransportError, type GraphTransportError } from '../../lib/index.js';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { loadTransport } from '../support/load-transport.js';
import { nodemailerVersions } from '../support/nodemailer-versions.js';
import { mailboxOf, viewJson, viewMime, type StrictView } from '../support/strict-view.js';

export const MAILBOX = 'noreply@contoso.com';
export type Format = 'auto' | 'json' | 'mime';

/** What became of a message. */
export type Outcome =
  | { kind: 'sent'; info: GraphSentMessageInfo; recipients: string[]; view: StrictView; source: string; posted: unknown }
  | { kind: 'refused'; error: GraphTransportError; posts: number }
  /** Nodemailer itself threw, before any transport was asked. */
  | { kind: 'nodemailer'; error: Error };

export type EnvelopeHarness = Awaited<ReturnType<typeof startEnvelopeHarness>>;

/** A sandbox, and the transport as an app has it with each version of Nodemailer. */
export async function startEnvelopeHarness(versions: readonly string[] = ['7', '8', '9', '10']) {
  const sandbox = await startSandbox({ protocol: 'http', mailboxes: [{ userPrincipalName: MAILBOX, sendAs: ['sales@contoso.com'] }] });
  const transports = new Map(versions.map((version) => [version, loadTransport(version)]));

  async function send(version: string, data: object, format: Format = 'auto', options: object = {}): Promise<Outcome> {
    sandbox.clear();
    const nodemailer = nodemailerVersions.find(([name]) => name === version)?.[1];
    const graphTransport = transports.get(version);
    if (!nodemailer || !graphTransport) throw new Error(`no Nodemailer ${version}`);
    const getToken = async () => ({ token: sandbox.issueToken(), expiresOnTimestamp: Date.now() + 3_600_000 });
    const { graphEndpoint } = sandbox;
    const transport = graphTransport({
      credential: { getToken },
      mailbox: MAILBOX,
      graphEndpoint,
      format,
      retries: 0,
      onLoss: 'ignore',
      ...options,
    } as never);
    try {
      const info = (await nodemailer.createTransport(transport as never).sendMail(data)) as unknown as GraphSentMessageInfo;
      return look(sandbox, info);
    } catch (error) {
      if (!isGraphTransportError(error)) return { kind: 'nodemailer', error: error as Error };
      return { kind: 'refused', error, posts: sandbox.requests.filter(({ operation }) => operation !== 'token').length };
    } finally {
      transport.close();
    }
  }
  return { sandbox, send, close: () => sandbox.close() };
}

function look(sandbox: Sandbox, info: GraphSentMessageInfo): Outcome {
  const [message, ...more] = sandbox.messages;
  if (!message || more.length > 0) throw new Error(`${more.length + (message ? 1 : 0)} messages were delivered`);
  const view = Buffer.isBuffer(message.posted) ? viewMime(message.posted) : viewJson(JSON.stringify(message.posted));
  return { kind: 'sent', info, recipients: message.recipients, view, source: message.source.toString('latin1'), posted: message.posted };
}

/** What is wrong with an outcome: somebody got it who should not, or the strict reader and the sandbox do not agree. */
export function problemsOf(outcome: Outcome, envelope: readonly string[]): string[] {
  if (outcome.kind === 'nodemailer') return [];
  if (outcome.kind === 'refused') {
    const { error, posts } = outcome;
    const problems: string[] = [];
    if (posts > 0) problems.push(`refused after ${posts} requests`);
    if (!error.permanent) problems.push(`not permanent: ${error.code} ${error.message}`);
    if (!['EMESSAGE', 'EENVELOPE'].includes(error.code)) problems.push(`${error.code} ${error.message}`);
    if (/unexpected failure/.test(error.message)) problems.push(error.message);
    return problems;
  }
  const keys = (list: readonly string[]) => [...new Set(list.map(mailboxOf))].sort();
  const { view, recipients, info, source } = outcome;
  const problems: string[] = [];
  const expect = (what: string, list: readonly string[]) => {
    const [is, wanted] = [JSON.stringify(keys(list)), JSON.stringify(keys(envelope))];
    if (is !== wanted) problems.push(`${what}: ${is}, not ${wanted}`);
  };
  expect('a strict reader', [...view.to, ...view.cc, ...view.bcc]);
  expect('the sandbox', recipients);
  expect('info.accepted', info.accepted);
  if (/^(resent-)?bcc\s*:/im.test(source.split('\r\n\r\n', 1)[0] ?? '')) problems.push('a Bcc line is visible');
  return problems;
}
