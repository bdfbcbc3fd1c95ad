import type { GraphSentMessageInfo } from '../../delivery/sent-message-info.js';
import { withoutPreamble } from '../../errors/config-error.js';
import { inTheirWords } from '../connection.js';
import { printable } from '../printable.js';
import type { Outcome } from './flush.js';
import type { SendmailSettings } from './settings.js';

/** Takes a line for whoever started it. */
export type Tell = (line: string) => void;

/** On stderr, as a mail program does. */
export const tellUser: Tell = (line) => console.error(line);

export const UNSURE = 'look into Sent Items, then send it again with -qI, or delete its file in the folder unsure of the spool';

/** A line about a message in the spool. */
export function tellOutcome(tell: Tell, id: string, outcome: Outcome, settings: SendmailSettings): void {
  if ('sent' in outcome) return tell(printable(`${id}: ${describe(outcome.sent)}`));
  const { message } = outcome.error as Error;
  const words = { waiting: 'waits', failed: 'is given up', unsure: 'may or may not have been sent' }[outcome.after.state];
  say(tell, `${id} ${words}: ${message}`, settings);
}

/** What was sent, for -v. */
export function describe({ messageId, mailbox, accepted, response, losses }: GraphSentMessageInfo): string {
  const lost = losses.map(({ feature, detail }) => `\n${feature}: ${detail}`).join('');
  return `${response}: ${messageId} from ${mailbox} to ${accepted.join(', ')}${lost}`;
}

/** Says what went wrong; → the status. */
export function complain(tell: Tell, status: number, error: unknown, settings?: SendmailSettings): number {
  say(tell, (error as Error).message, settings);
  return status;
}

/** In the words of whoever set it up, once that is known. */
export function say(tell: Tell, text: string, settings: SendmailSettings | undefined): void {
  const plain = withoutPreamble(text);
  tell(printable(`sendmail: ${settings ? inTheirWords(plain, settings.names) : plain}`));
}
