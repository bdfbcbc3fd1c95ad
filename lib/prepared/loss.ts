/** Something of a message that does not reach the recipients as over SMTP. */
export interface Loss {
  /** Which option or part, such as `text`, `icalEvent`, `to`. */
  feature: LossFeature;
  /** What exactly, in words. */
  detail: string;
}

/** What can be lost; `docs/fidelity.md` explains each and how to avoid it. */
export type LossFeature =
  | 'to'
  | 'cc'
  | 'text'
  | 'icalEvent'
  | 'alternatives'
  | 'amp'
  | 'watchHtml'
  | 'rfc822'
  | 'date'
  | 'from'
  | 'sender'
  | 'group'
  | 'saveToSentItems'
  | 'raw'
  | 'headers'
  | 'attachmentHeaders'
  | 'attachmentName'
  | 'graph.message'
  | 'dsn'
  | 'receipts'
  | 'returnPath'
  | 'requireTLS'
  | 'autoSubmitted'
  | 'dkim'
  // only where a measurement of the tenant says so
  | 'fromName'
  | 'threading'
  | 'xHeaders'
  | 'moreXHeaders'
  | 'customHeaders'
  | 'listHeaders'
  | 'ownMessageId';
