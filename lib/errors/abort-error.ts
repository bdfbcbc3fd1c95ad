import { GraphTransportError } from './graph-transport-error.js';

/** The error of a send that was cancelled; `ambiguous` if Graph may already have the message: `messageId` tells what to look for. */
export function abortError(
  reason: unknown,
  {
    ambiguous,
    mailbox,
    messageId,
    draft,
  }: { ambiguous: boolean; mailbox?: string | undefined; messageId?: string | undefined; draft?: boolean | undefined },
): GraphTransportError {
  const tail = ambiguous ? '; Graph may already have accepted it' : '; nothing was sent';
  const hint = ambiguous && messageId !== undefined && mailbox !== undefined ? lookFirst({ messageId, mailbox, draft }) : undefined;
  const message = `Message sending aborted${tail}`;
  return new GraphTransportError('EABORT', hint ? sentence(message, hint) : message, { ambiguous, mailbox, hint, cause: reason });
}

/** What to do before a message that may have gone out is sent again. */
export function lookFirst({
  messageId,
  mailbox,
  draft = false,
}: {
  messageId: string;
  mailbox: string | undefined;
  draft?: boolean | undefined;
}): string {
  const look = `Look for the Message-ID ${messageId} in ${draft ? 'Sent Items and Drafts' : 'Sent Items'} of ${mailbox} before you send it again`;
  return draft ? `${look}.` : `${look}; route: 'draft' settles this by itself.`;
}

/** What happened and what to do as one text. */
export function sentence(what: string, hint: string | undefined): string {
  const first = /[.!?]$/.test(what) ? what : `${what}.`;
  return hint ? `${first} ${hint}` : first;
}
