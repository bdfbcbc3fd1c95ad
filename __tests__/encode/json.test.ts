import { attachmentName, bodyOf, describeAttachment, encodeJson } from '../../lib/encode/json.js';
import { BufferContent } from '../../lib/message/content/memory-source.js';
import type { GraphMessageExtras } from '../../lib/encode/graph-message.js';
import type { OutgoingMessage } from '../../lib/message/outgoing-message.js';
import { attachment, outgoing } from './messages.js';

function text(content: string) {
  return new BufferContent(Buffer.from(content));
}

async function encode(message: OutgoingMessage, extras?: GraphMessageExtras) {
  return encodeJson(message, (await bodyOf(message)?.text()) ?? '', extras);
}

describe('encodeJson', () => {
  test('a plain message has what it needs and nothing else', async () => {
    expect(await encode(outgoing())).toEqual({
      subject: 'Hello',
      body: { contentType: 'text', content: 'Hello' },
      from: { emailAddress: { address: 'noreply@contoso.com' } },
      toRecipients: [{ emailAddress: { address: 'reader@example.com' } }],
      ccRecipients: [],
      bccRecipients: [],
      internetMessageId: '<one@contoso.com>',
    });
  });

  test('names go along where there are any', async () => {
    const message = await encode(
      outgoing({
        from: { address: 'noreply@contoso.com', name: 'Contoso' },
        to: [{ address: 'a@example.com', name: 'Ä, the first' }],
        cc: [{ address: 'b@example.com', name: '' }],
        bcc: [{ address: 'c@example.com', name: 'C' }],
        replyTo: [{ address: 'help@contoso.com', name: 'Help' }],
      }),
    );
    expect(message).toMatchObject({
      from: { emailAddress: { address: 'noreply@contoso.com', name: 'Contoso' } },
      toRecipients: [{ emailAddress: { address: 'a@example.com', name: 'Ä, the first' } }],
      ccRecipients: [{ emailAddress: { address: 'b@example.com' } }],
      bccRecipients: [{ emailAddress: { address: 'c@example.com', name: 'C' } }],
      replyTo: [{ emailAddress: { address: 'help@contoso.com', name: 'Help' } }],
    });
  });

  test('of html and text the html is sent', async () => {
    const message = await encode(outgoing({ html: text('<p>Grüße</p>'), text: text('Grüße') }));
    expect(message['body']).toEqual({ contentType: 'html', content: '<p>Grüße</p>' });
  });

  test('a message without a body has an empty text', async () => {
    expect((await encode(outgoing({ text: undefined })))['body']).toEqual({ contentType: 'text', content: '' });
  });

  test.each(['low', 'high'] as const)('importance %s is said', async (importance) => {
    expect((await encode(outgoing({ importance })))['importance']).toBe(importance);
  });

  test('receipts are asked for where the message does', async () => {
    const message = await encode(outgoing({ readReceipt: true, deliveryReceipt: true }));
    expect(message).toMatchObject({ isReadReceiptRequested: true, isDeliveryReceiptRequested: true });
  });

  test('headers become internet headers and extended properties, and neither list is ever empty', async () => {
    const xOnly = await encode(outgoing({ headers: [{ name: 'X-Campaign', value: 'spring' }] }));
    expect(xOnly['internetMessageHeaders']).toEqual([{ name: 'X-Campaign', value: 'spring' }]);
    expect(xOnly).not.toHaveProperty('singleValueExtendedProperties');

    const other = await encode(outgoing({ headers: [{ name: 'In-Reply-To', value: '<zero@contoso.com>' }] }));
    expect(other['singleValueExtendedProperties']).toEqual([{ id: 'String 0x1042', value: '<zero@contoso.com>' }]);
    expect(other).not.toHaveProperty('internetMessageHeaders');
  });

  test('a property the app names itself stands for the header', async () => {
    const message = outgoing({ headers: [{ name: 'In-Reply-To', value: '<zero@contoso.com>' }] });
    const given = [{ id: 'string 0x1042', value: '<other@contoso.com>' }];
    expect((await encode(message, { singleValueExtendedProperties: given }))['singleValueExtendedProperties']).toEqual(given);
  });

  test('graph.message is merged, its headers and properties with those of the message', async () => {
    const message = await encode(
      outgoing({
        headers: [
          { name: 'X-Campaign', value: 'spring' },
          { name: 'References', value: '<zero@contoso.com>' },
        ],
      }),
      {
        categories: ['Invoices'],
        importance: 'high',
        internetMessageHeaders: [{ name: 'x-own', value: '1' }],
        singleValueExtendedProperties: [{ id: 'SystemTime 0x3FEF', value: '2026-12-24T08:00:00Z' }],
      },
    );
    expect(message).toMatchObject({
      categories: ['Invoices'],
      importance: 'high',
      internetMessageHeaders: [
        { name: 'x-own', value: '1' },
        { name: 'X-Campaign', value: 'spring' },
      ],
      singleValueExtendedProperties: [
        { id: 'String 0x1039', value: '<zero@contoso.com>' },
        { id: 'SystemTime 0x3FEF', value: '2026-12-24T08:00:00Z' },
      ],
    });
  });

  test('with the headers of graph.message there are still no more than five', async () => {
    const five = ['X-1', 'X-2', 'X-3', 'X-4', 'X-5'].map((name) => ({ name, value: name }));
    const message = await encode(outgoing({ headers: five }), { internetMessageHeaders: [{ name: 'x-own', value: '1' }] });
    expect((message['internetMessageHeaders'] as { name: string }[]).map(({ name }) => name)).toEqual([
      'x-own',
      'X-1',
      'X-2',
      'X-3',
      'X-4',
    ]);
    expect(message['singleValueExtendedProperties']).toEqual([{ id: expect.stringMatching(/ Name X-5$/), value: 'X-5' }]);
  });
});

describe('attachmentName', () => {
  test.each([
    ['a name is kept', 'invoice.pdf', 'application/pdf', 'invoice.pdf'],
    ['no name gets a number', undefined, 'application/pdf', 'attachment-3'],
    ['a nested message gets the ending .eml', 'forwarded', 'message/rfc822', 'forwarded.eml'],
    ['a nested message that has it keeps it', 'forwarded.EML', 'message/rfc822', 'forwarded.EML'],
    ['a nested message with the ending elsewhere', 'a.eml.txt', 'message/rfc822', 'a.eml.txt.eml'],
    ['what only sounds like a nested message', 'a', 'application/x-message/rfc822', 'a'],
    ['a nested message without a name', undefined, 'message/rfc822', 'message-3.eml'],
    ['a nested message with parameters, in capitals', 'forwarded', 'MESSAGE/RFC822; charset=utf-8', 'forwarded.eml'],
    ['the headers of a message alone', 'report', 'text/rfc822-headers', 'report'],
  ])('%s', (_what, name, contentType, expected) => {
    expect(attachmentName(attachment({ name, contentType }), 2)).toBe(expected);
  });
});

describe('describeAttachment', () => {
  test('a file', () => {
    expect(describeAttachment(attachment(), 0)).toEqual({
      '@odata.type': '#microsoft.graph.fileAttachment',
      name: 'invoice.pdf',
      contentType: 'application/pdf',
      isInline: false,
    });
  });

  test('an inline picture has its Content-ID', () => {
    expect(describeAttachment(attachment({ isInline: true, contentId: 'logo@contoso.com' }), 0)).toMatchObject({
      isInline: true,
      contentId: 'logo@contoso.com',
    });
  });
});
