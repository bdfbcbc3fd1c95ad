import { badRequest, Refusal } from '../refusal.js';
import type { Mailbox } from '../settings.js';
import type { SandboxAddress } from '../types.js';

/** Exchange Online's limit for To, Cc and Bcc together. Beyond it a message is accepted and then bounces. */
export const MOST_RECIPIENTS = 500;

// RFC 5321 without address literals; letters beyond ASCII as in RFC 6531
const atom = String.raw`[\p{L}\p{N}!#$%&'*+/=?^_\x60{|}~-]+`;
const label = String.raw`[\p{L}\p{N}](?:[\p{L}\p{N}_-]*[\p{L}\p{N}])?`;
const addressFormat = new RegExp(String.raw`^(?:${atom}(?:\.${atom})*|"(?:[^"\\\r\n]|\\.)+")@${label}(?:\.${label})*$`, 'u');

/** Whether Exchange would take it for an SMTP address. */
export function isAddress(address: string): boolean {
  return address.length <= 320 && addressFormat.test(address);
}

/**
 * Checks who is to get the message.
 * @throws Refusal with the first address that is not one
 */
export function checkRecipients(recipients: SandboxAddress[], replyTo: SandboxAddress[]): void {
  if (recipients.length === 0) {
    // msgraph-sdk-dotnet #1891
    throw badRequest(
      'ErrorInvalidRecipients',
      `At least one recipient is not valid., A message can't be sent because it contains no recipients.`,
    );
  }
  const bad = [...recipients, ...replyTo].find(({ address }) => !isAddress(address));
  if (bad) {
    throw badRequest(
      'ErrorInvalidRecipients',
      `At least one recipient is not valid., Recipient '${bad.address}' is not resolved. All recipients must be resolved before a message can be submitted.`,
    );
  }
}

/**
 * Where Exchange looks at the number before it accepts a message; nobody has shown which code it has then.
 * @throws Refusal
 */
export function checkRecipientCount(recipients: readonly string[]): void {
  if (recipients.length <= MOST_RECIPIENTS) return;
  throw badRequest('ErrorRecipientLimitExceeded', 'The message has more recipients than a message may have.');
}

/**
 * Checks that the mailbox may put these addresses into From and Sender.
 * @throws Refusal
 */
export function checkSender(mailbox: Mailbox, addresses: (SandboxAddress | undefined)[]): void {
  const allowed = new Set([mailbox.userPrincipalName.toLowerCase(), ...mailbox.aliases, ...mailbox.sendAs]);
  if (addresses.every((from) => !from || allowed.has(from.address.toLowerCase()))) return;
  throw new Refusal(
    403,
    'ErrorSendAsDenied',
    'The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account. Cannot submit message.',
  ).because(
    `The mailbox ${mailbox.userPrincipalName} may not send as ${addresses
      .map((from) => from?.address ?? '')
      .filter((address) => address && !allowed.has(address.toLowerCase()))
      .join(', ')}.`,
  );
}
