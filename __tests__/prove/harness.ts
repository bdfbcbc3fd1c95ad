import nodemailer from 'nodemailer';
import { Canceller } from '../../lib/base/cancellation.js';
import { readOptions } from '../../lib/config/read-options.js';
import {
  graphTransport,
  type GraphSentMessageInfo,
  type LossFeature,
  type MeasuredPoint,
  type Outcome,
  type TenantReport,
} from '../../lib/index.js';
import type { LeftOver } from '../../lib/prove/clean-up.js';
import { prove } from '../../lib/prove/prove.js';
import type { Progress, ProveOptions } from '../../lib/prove/run.js';
import type { Sandbox } from '../../lib/sandbox/index.js';
import { createClient } from '../sandbox/client.js';

export const MAILBOX = 'noreply@contoso.com';

/** Runs `prove` against a sandbox, as the command does. */
export async function proveOn(sandbox: Sandbox, options: Partial<ProveOptions> & { signal?: Canceller; graph?: object } = {}) {
  const { signal = new Canceller(), graph, ...given } = options;
  const progress: Progress[] = [];
  const leftOver: LeftOver[] = [];
  const run = prove(
    {
      settings: readOptions({ ...sandbox.options, retries: 1, maxRetryDelay: 100, ...graph }),
      mailbox: MAILBOX,
      wait: 5000,
      withDuplicates: false,
      withBounce: false,
      onCleanedUp: (what) => leftOver.push(what),
      ...given,
      onProgress: (step) => {
        progress.push(step);
        given.onProgress?.(step);
      },
    },
    signal,
  );
  const settled = await run.then(
    (proof) => ({ proof, error: undefined }),
    (error: Error) => ({ proof: undefined, error }),
  );
  return { ...settled, progress, leftOver };
}

/** What was seen, by `way:feature`. */
export function insideOf({ points }: TenantReport): Record<string, Outcome | undefined> {
  return Object.fromEntries(points.map(({ feature, way, inside }) => [keyOf({ feature, way }), inside]));
}
export const keyOf = ({ feature, way }: Pick<MeasuredPoint, 'feature' | 'way'>): string => `${way}:${feature}`;

/** Everything that is in the mailbox, Deleted Items included. */
export async function contentOf(sandbox: Sandbox, mailbox = MAILBOX): Promise<string[]> {
  const client = createClient(sandbox);
  try {
    const { body } = await client.send(`/v1.0/users/${mailbox}/messages?$top=1000`, { method: 'GET' });
    return body.value.map(({ subject }: { subject: string }) => subject);
  } finally {
    await client.close();
  }
}

export const operations = (sandbox: Sandbox): string[] => sandbox.requests.map(({ operation }) => operation);

/** What a transport with that report says of a message that has everything. */
export async function lossesWith(
  sandbox: Sandbox,
  tenantFacts: TenantReport,
  data: object = {},
): Promise<Pick<GraphSentMessageInfo, 'format'> & { losses: LossFeature[] }> {
  const transport = graphTransport({ ...sandbox.options, onLoss: 'ignore', tenantFacts });
  try {
    const { format, losses } = await nodemailer.createTransport(transport).sendMail({
      from: `The author <${MAILBOX}>`,
      to: 'reader@example.com',
      subject: 'Facts',
      text: 'Hello',
      inReplyTo: '<a@contoso.com>',
      list: { help: 'help@contoso.com' },
      headers: { ...Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`X-Number-${index}`, '1'])), Organization: 'Contoso' },
      ...data,
    });
    return { format, losses: losses.map(({ feature }) => feature) };
  } finally {
    transport.close({ force: true });
  }
}
