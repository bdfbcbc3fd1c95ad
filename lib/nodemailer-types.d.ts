import type { OutboxMessageOptions } from './outbox/message-options.js';
import type { GraphMessageOptions } from './plan/message-settings.js';

// Makes `sendMail({ graph: {…} })` typed. Written by hand, copied by scripts/build.mjs; the package test compiles it against both.
// Nodemailer 10 brings its own types …
declare module 'nodemailer/lib/mail-composer/index' {
  interface MailComposerOptions {
    /** Overrides for this message when it is sent through Microsoft Graph. */
    graph?: GraphMessageOptions | undefined;
    /** When it goes through the outbox: its id, when to send it, when it is too late. */
    outbox?: OutboxMessageOptions | undefined;
  }
}

// … 7 to 9 have @types/nodemailer, whose `export =` can only be augmented by the name of its declaration file
declare module 'nodemailer/lib/mailer/index.d.ts' {
  interface Options {
    /** Overrides for this message when it is sent through Microsoft Graph. */
    graph?: GraphMessageOptions | undefined;
    /** When it goes through the outbox: its id, when to send it, when it is too late. */
    outbox?: OutboxMessageOptions | undefined;
  }
}
