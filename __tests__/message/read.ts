import type { NodemailerMail } from '../../lib/message/nodemailer.js';
import type { OutgoingMessage } from '../../lib/message/outgoing-message.js';
import { readMessage, type ReadOptions } from '../../lib/message/read-message.js';
import { compileMail } from './compile-mail.js';

export const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'Hello' };

export async function readCompiled(compiled: NodemailerMail, options: Partial<ReadOptions> = {}): Promise<OutgoingMessage> {
  const { message, dispose } = await readMessage(compiled, { idleTimeout: 10_000, signal: undefined, maxRecipients: 500, ...options });
  // nothing here is large enough for a temporary file
  await dispose();
  return message;
}

/** What becomes of a message that an app sends. */
export async function read(data: object, options: Partial<ReadOptions> = {}): Promise<OutgoingMessage> {
  return readCompiled(await compileMail({ ...mail, ...data }), options);
}
