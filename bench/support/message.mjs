export const MAILBOX = 'noreply@contoso.com';

const SENTENCE = 'Your order has left our house and will be with you within two working days. ';

/** A small message as apps send it: text and html, about 1 kB together, one recipient. */
export function smallMessage() {
  return {
    from: MAILBOX,
    to: 'reader@example.com',
    subject: 'Your order is on its way',
    text: SENTENCE.repeat(6),
    html: `<p>${SENTENCE.repeat(6)}</p>`,
  };
}
