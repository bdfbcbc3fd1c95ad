import { isPostmaster } from '../message/postmaster.js';
import { readMarker, subjectOf } from './marker.js';

/** A message as it is listed. */
export interface Listed {
  id: string;
  subject: string;
  /** With angle brackets; `undefined` where Graph names none. */
  messageId: string | undefined;
  /** Lower case; `undefined` for a draft without one. */
  from: string | undefined;
  isDraft: boolean;
  /** An answer to an invitation, or the invitation. */
  isMeeting: boolean;
  /** Exchange says that nobody had signed in for it: `X-MS-Exchange-Organization-AuthAs`, which it takes from nobody outside. */
  fromOutside: boolean;
}

/** What Graph lists, read; `undefined` for what is no message. */
export function readListed(entry: Readonly<Record<string, unknown>>): Listed | undefined {
  const { id, subject, internetMessageId, isDraft, internetMessageHeaders, from } = entry;
  if (typeof id !== 'string' || typeof subject !== 'string') return undefined;
  const address = (from as { emailAddress?: { address?: unknown } } | null | undefined)?.emailAddress?.address;
  const headers = Array.isArray(internetMessageHeaders) ? (internetMessageHeaders as ({ name?: unknown; value?: unknown } | null)[]) : [];
  return {
    id,
    subject,
    messageId: typeof internetMessageId === 'string' ? internetMessageId : undefined,
    from: typeof address === 'string' ? address.toLowerCase() : undefined,
    isDraft: isDraft === true,
    isMeeting: /eventMessage/.test(String(entry['@odata.type'])),
    fromOutside: headers.some(
      (header) => String(header?.name).toLowerCase() === AUTH_AS && String(header?.value).trim().toLowerCase() === 'anonymous',
    ),
  };
}

const AUTH_AS = 'x-ms-exchange-organization-authas';

/** What is known of the messages runs have sent. */
export class Origins {
  /** The mailbox's own, lower case: its name may differ from the address it sends as. */
  readonly #addresses: Set<string>;
  /** Message-IDs of what was sent, by run and name. */
  readonly #sent = new Map<string, Set<string>>();
  readonly #sentIds = new Set<string>();

  /** @param addresses the mailbox's, as far as they are known */
  constructor(addresses: readonly (string | undefined)[]) {
    this.#addresses = new Set(addresses.flatMap((address) => address?.toLowerCase() ?? []));
  }

  /** Learns from what is in Sent Items, where nobody else puts anything. */
  learn(sentItems: readonly Listed[]): void {
    for (const { id, subject, messageId, from } of sentItems) {
      const key = keyOf(subject);
      if (key === undefined) continue;
      this.#sentIds.add(id);
      if (from !== undefined) this.#addresses.add(from);
      if (messageId !== undefined) this.#sent.set(key, (this.#sent.get(key) ?? new Set()).add(messageId));
    }
  }

  /** Whether it is the copy in Sent Items, or on its way there. */
  isSentCopy({ id, isDraft }: Listed): boolean {
    return isDraft || this.#sentIds.has(id);
  }

  /**
   * Which messages come from runs of this mailbox: their own copies, and what Exchange answered to them. Whoever else writes that subject
   * (a reply, a forward, somebody who has seen it) keeps his message.
   */
  ownOf(listed: readonly Listed[]): Listed[] {
    const bySubject = new Map<string, Listed[]>();
    for (const one of listed) bySubject.set(one.subject, [...(bySubject.get(one.subject) ?? []), one]);
    return [...bySubject.values()].flatMap((same) => {
      const mine = same.filter((one) => this.#isOwn(one));
      const known = mine.filter((one) => !one.fromOutside);
      const [only, ...more] = mine.filter((one) => !this.isSentCopy(one));
      // personal accounts may call everything anonymous; one copy is expected
      if (only?.fromOutside && more.length === 0 && this.#hasSent(only)) known.push(only);
      return known;
    });
  }

  #isOwn(one: Listed): boolean {
    const { subject, from, isMeeting } = one;
    const marker = readMarker(subject);
    if (!marker) return false;
    const own = subjectOf(marker.run, marker.name);
    const isOwnAddress = from !== undefined && this.#addresses.has(from);
    // a draft that was deleted has no From, and may not be called a draft any more
    if (subject === own) return this.isSentCopy(one) || from === undefined || isOwnAddress || this.#hasSent(one);
    // "Undeliverable: …", "Accepted: …", in any language
    return subject.endsWith(own) && (isPostmaster(from) || (isMeeting && isOwnAddress));
  }

  #hasSent({ subject, messageId }: Listed): boolean {
    return messageId !== undefined && (this.#sent.get(keyOf(subject) ?? '')?.has(messageId) ?? false);
  }
}

function keyOf(subject: string): string | undefined {
  const marker = readMarker(subject);
  return marker && subject === subjectOf(marker.run, marker.name) ? `${marker.run} ${marker.name}` : undefined;
}
