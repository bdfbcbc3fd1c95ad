// What these packages export, as far as the tests use it; they bring no types of their own.
type NodemailerPlugin = (mail: { data: object; message: object }, callback: (error?: Error | null) => void) => void;

declare module 'nodemailer-html-to-text' {
  export function htmlToText(options?: object): NodemailerPlugin;
}

declare module 'nodemailer-openpgp' {
  export function openpgpEncrypt(options?: { signingKey?: string; passphrase?: string }): NodemailerPlugin;
}

declare module 'email-templates' {
  export default class Email {
    constructor(config: object);
    send(options: object): Promise<{ originalMessage: { subject: string } }>;
  }
}
