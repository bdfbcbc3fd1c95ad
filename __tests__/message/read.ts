import type { NodemailerMail } from '../../lib/message/nodemailer.js';
import type { OutgoingMessage } from '../../lib/message/outgoing-message.js';
import { readMessage } from '../../lib/message/read-message.js';
import { ContentReader } from '../../lib/message/content/content-reader.js';
import type { StreamOptions } from '../../lib/message/content/stream.js';
import { compileMail } from './compile-mail.js';

export const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'Hello' };

interface ReadOptions extends Partial<StreamOptions> {
  maxRecipients?: number;
}

export async function readCompiled(
  compiled: NodemailerMail,
  { maxRecipients = 500, ...options }: ReadOptions = {},
): Promise<OutgoingMessage> {
  const reader = new ContentReader({ idleTimeout: 10_000, signal: undefined, ...options });
  try {
    return await readMessage(compiled, reader, { maxRecipients });
  } finally {
    // nothing here is large enough for a temporary file
    await reader.dispose();
  }
}

/** What becomes of a message that an app sends. */
export async function read(data: object, options: ReadOptions = {}): Promise<OutgoingMessage> {
  return readCompiled(await compileMail({ ...mail, ...data }), options);
}
