// What a transport needs when it sends or is verified, most of the library: one file of the package, loaded then and not with the entry.
import type { Cancellation } from './base/cancellation.js';
import type { TracedMessage } from './base/traced.js';
import { deliver } from './delivery/deliver.js';
import type { DeliveryHooks, UploadProgress } from './delivery/delivery.js';
import type { Turn } from './delivery/turn.js';
import type { GraphSentMessageInfo } from './delivery/sent-message-info.js';
import { sleep } from './delivery/sleep.js';
import type { GraphConnection } from './graph/connection.js';
import { ContentReader } from './message/content/content-reader.js';
import type { NodemailerMail } from './message/nodemailer.js';
import type { Logger, Settings } from './options.js';
import type { MessageSettings } from './plan/plan-settings.js';
import { prepare } from './plan/prepare.js';

export { verifyAccess } from './diagnosis/verify-access.js';
export { signInError } from './errors/from-sign-in.js';

/** What a transport sends a message with. */
export interface Sender {
  connection: GraphConnection;
  settings: Settings;
  logger: Logger;
  signal: Cancellation;
  turn: Turn;
  onProgress: (progress: UploadProgress) => void;
  /** What telemetry is told of the message; `undefined` where nobody listens. */
  event: TracedMessage | undefined;
  hooks: DeliveryHooks | undefined;
}

/** Plans a message and delivers it. */
export async function sendMessage(
  mail: NodemailerMail,
  wanted: MessageSettings,
  { connection, settings, logger, signal, turn, onProgress, event, hooks }: Sender,
): Promise<GraphSentMessageInfo> {
  // signing in and reading the message overlap
  connection.tokens.prepare();
  const reader = new ContentReader({ idleTimeout: settings.socketTimeout, signal });
  try {
    const prepared = await prepare(mail, wanted, { settings, reader, signal, logger });
    const { messageId, mailbox, envelope } = prepared;
    logger.info({ tnx: 'send', messageId, mailbox }, 'Sending message %s from %s to <%s>', messageId, mailbox, shorten(envelope.to));
    // field by field: a spread costs more than the queue
    const { graph, tokens, trace, http } = connection;
    return await deliver(prepared, { graph, tokens, trace, http, settings, logger, signal, turn, sleep, onProgress, event }, hooks);
  } finally {
    if (reader.used) await reader.dispose();
  }
}

function shorten(recipients: readonly string[]): string {
  return recipients.length > 3 ? `${recipients.slice(0, 2).join(', ')}, ...and ${recipients.length - 2} more` : recipients.join(', ');
}
