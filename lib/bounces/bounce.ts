/** What became of a copy, in the words of RFC 3464. `relayed` and `expanded`: handed on to where no reports come from, or to a list. */
export type BounceAction = 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded';

/** What a delivery report says of one recipient. */
export interface Bounce {
  /** The same each time it is told: of the report in the mailbox, and the recipient's place in it. */
  id: string;
  /** Message-ID of the message that was sent, with angle brackets, as in `info.messageId`; `undefined` if the report names none. */
  messageId: string | undefined;
  /**
   * Whether a message with that Message-ID is in the mailbox's Sent Items. Anybody can write a report: one that names a message you
   * never sent is not yours. Also `false` where no copy was kept; `undefined` if it could not be looked up.
   */
  sent: boolean | undefined;
  /** Whose copy it is about. */
  recipient: string;
  /** What became of it. */
  action: BounceAction;
  /** Enhanced status code (RFC 3463) such as `5.1.10`; `undefined` if the report has none. */
  status: string | undefined;
  /** Whether the same message would fail again: `failed` with a status of 5. A delay, or a server that gave up, is not. */
  permanent: boolean;
  /** What the server that refused it said, else the beginning of the report; one line, at most 1,000 characters. */
  text: string;
  /** When the report came in. */
  receivedAt: Date;
}
