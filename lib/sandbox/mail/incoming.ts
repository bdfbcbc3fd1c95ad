import { randomUUID } from 'node:crypto';
import { simpleParser } from 'mailparser';
import { domainOf } from '../directory.js';
import type { Mailbox } from '../settings.js';
import type { SandboxAddress, SandboxBounce } from '../types.js';
import type { MessageContent } from './content.js';
import { encodeAddressField, encodeField } from './encode-field.js';
import { decodeField, splitSource } from './head.js';
import { newMessageId } from './content.js';

/** Whether somebody had signed in for a mail: https://learn.microsoft.com/exchange/header-firewall-exchange-2013-help */
const AUTH_AS = 'X-MS-Exchange-Organization-AuthAs';

const nothing: Omit<MessageContent, 'from' | 'to' | 'subject' | 'messageId' | 'text' | 'html' | 'mime' | 'posted'> = {
  format: 'mime',
  sender: undefined,
  cc: [],
  bcc: [],
  replyTo: [],
  importance: 'normal',
  isReadReceiptRequested: false,
  isDeliveryReceiptRequested: false,
  attachments: [],
  headers: [],
  properties: {},
  message: {},
  postedAttachments: 0,
};

/** Reads what comes from outside; whatever it is, it arrives. */
export async function readIncoming(source: Buffer, mailbox: Mailbox): Promise<MessageContent> {
  const { fields } = splitSource(source);
  const header = (name: string): string | undefined => fields.map(decodeField).find((field) => field.name.toLowerCase() === name)?.value;
  const parsed = await simpleParser(source, {
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipImageLinks: true,
    skipTextLinks: true,
  }).catch(() => undefined);
  const from = header('from');
  const address = /<([^<>]*)>\s*$/.exec(from ?? '')?.[1] ?? from;
  return {
    ...nothing,
    from: address === undefined ? undefined : { address, name: (from ?? '').replace(/\s*<[^<>]*>\s*$/, '').replaceAll('"', '') },
    to: [{ address: mailbox.userPrincipalName, name: '' }],
    subject: header('subject') ?? '',
    messageId: header('message-id') ?? newMessageId(mailbox),
    text: parsed?.text,
    html: parsed?.html === false ? undefined : parsed?.html,
    posted: source,
    mime: source,
    headers: [{ name: AUTH_AS, value: 'Anonymous' }],
  };
}

/** What becomes of somebody's copy, as a report has it. */
export interface ReportedRecipient {
  address: string;
  action: 'failed' | 'delayed';
  /** Such as `5.1.10`. */
  status: string;
  diagnostic: string;
}

/** The report Exchange mails to the sender; after Microsoft's description and reports of users, not after one that was seen. */
export function buildReport(
  { subject, messageId }: Pick<SandboxBounce, 'subject' | 'messageId'>,
  recipients: readonly ReportedRecipient[],
  mailbox: Mailbox,
): MessageContent {
  const failed = recipients.some(({ action }) => action === 'failed');
  const domain = domainOf(mailbox.userPrincipalName);
  const from: SandboxAddress = { address: `MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@${domain}`, name: 'Microsoft Outlook' };
  const title = `${failed ? 'Undeliverable' : 'Delivery delayed'}: ${subject}`;
  const boundary = randomUUID();
  const reportId = `<${randomUUID()}@${domain}>`;
  const names = recipients.map(({ address }) => address).join('\r\n');
  const text = failed
    ? `Delivery has failed to these recipients or groups:\r\n\r\n${names}\r\nYour message couldn't be delivered.\r\n`
    : `Delivery to these recipients or groups has been delayed:\r\n\r\n${names}\r\nThe server will keep trying.\r\n`;
  const groups = recipients.map(
    ({ address, action, status, diagnostic }) =>
      `Final-Recipient: rfc822;${address}\r\nAction: ${action}\r\nStatus: ${status}\r\nDiagnostic-Code: smtp;${diagnostic}\r\nX-Display-Name: ${address}\r\n`,
  );
  const part = (type: string, body: string): string => `--${boundary}\r\nContent-Type: ${type}\r\n\r\n${body}\r\n`;
  const source = [
    encodeAddressField('From', [from]),
    encodeAddressField('To', [{ address: mailbox.userPrincipalName, name: '' }]),
    encodeField('Subject', title),
    encodeField('Date', new Date().toUTCString().replace('GMT', '+0000')),
    encodeField('Message-ID', reportId),
    encodeField('In-Reply-To', messageId),
    encodeField('References', messageId),
    failed ? 'X-MS-Exchange-Message-Is-Ndr:\r\n' : '',
    'Auto-Submitted: auto-replied\r\nReturn-Path: <>\r\nMIME-Version: 1.0\r\n',
    `Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="${boundary}"\r\n\r\n`,
    part('text/plain; charset="us-ascii"', text),
    part(
      'message/delivery-status',
      `Reporting-MTA: dns;sandbox.prod.outlook.com\r\nArrival-Date: ${new Date().toUTCString()}\r\n\r\n${groups.join('\r\n')}`,
    ),
    part('message/rfc822', `${encodeField('Subject', subject)}${encodeField('Message-ID', messageId)}\r\n`),
    `--${boundary}--\r\n`,
  ].join('');
  const mime = Buffer.from(source, 'latin1');
  return {
    ...nothing,
    from,
    // so Graph shows it: msgraph-sdk-java #807
    to: recipients.map(({ address }) => ({ address, name: '' })),
    subject: title,
    messageId: reportId,
    text,
    html: undefined,
    posted: mime,
    mime,
    headers: [{ name: AUTH_AS, value: 'Internal' }],
  };
}
