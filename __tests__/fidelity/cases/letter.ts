import { MAILBOX, type MailData } from '../harness.js';

/** The least a message needs; `more` replaces and adds. */
export const letter = (more: MailData = {}): MailData => ({
  from: MAILBOX,
  to: 'reader@example.com',
  subject: 'Monthly report',
  text: 'It is attached.',
  ...more,
});
