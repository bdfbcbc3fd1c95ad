import nodemailer from 'nodemailer';
import { readExtras } from '../../lib/encode/graph-message.js';
import { graphTransport } from '../../lib/index.js';
import { startSandbox } from '../../lib/sandbox/index.js';

test.each([undefined, null, {}])('%j adds nothing', (value) => {
  expect(readExtras(value)).toBeUndefined();
});

test('properties are copied', () => {
  const given = { categories: ['Invoices'], importance: 'high' };
  const extras = readExtras(given);
  expect(extras).toEqual(given);
  expect(extras).not.toBe(given);
});

test.each([
  ['text', 'text'],
  ['an array', [{ categories: [] }]],
  ['a number', 5],
  ['a function', () => ({})],
])('%s is refused', (_what, value) => {
  expect(() => readExtras(value)).toThrow(expect.objectContaining({ code: 'EMESSAGE', permanent: true }));
});

test.each([
  ['toRecipients', 'to'],
  ['ccRecipients', 'cc'],
  ['bccRecipients', 'bcc'],
  ['from', 'from'],
  ['sender', 'sender'],
  ['replyTo', 'replyTo'],
  ['subject', 'subject'],
  ['body', 'text or html'],
  ['attachments', 'attachments'],
  ['internetMessageId', 'messageId'],
])('%s is refused, and the error says where to put it: %s', (name, instead) => {
  expect(() => readExtras({ [name]: [] })).toThrow(
    expect.objectContaining({
      code: 'EMESSAGE',
      message: `graph.message.${name} is not allowed; use the message's ${instead}; nothing was sent`,
    }),
  );
});

test.each(['internetMessageHeaders', 'singleValueExtendedProperties'])('%s that is no list is refused by name', (name) => {
  expect(() => readExtras({ [name]: { 'x-own': '1' } })).toThrow(`graph.message.${name} must be an array`);
});

test.each([
  ['internetMessageHeaders', 'name'],
  ['singleValueExtendedProperties', 'id'],
])('%s with an entry that has no %s is refused by its place', (name, key) => {
  for (const entry of [null, 'x-own: 1', {}, { [key]: 1, value: '1' }]) {
    expect(() => readExtras({ [name]: [{ [key]: 'x-own', value: '1' }, entry] })).toThrow(
      `graph.message.${name}[1] must be an object with a string ${key} and a value`,
    );
  }
});

test('five headers of its own are the most', () => {
  const headers = Array.from({ length: 6 }, (_, index) => ({ name: `x-${index}`, value: '1' }));
  expect(readExtras({ internetMessageHeaders: headers.slice(1) })).toBeDefined();
  expect(() => readExtras({ internetMessageHeaders: headers })).toThrow('at most 5');
});

test('a header that its headers leave no room for is told', async () => {
  const sandbox = await startSandbox();
  const transport = graphTransport(sandbox.options);
  try {
    const info = await nodemailer.createTransport(transport).sendMail({
      from: 'noreply@contoso.com',
      to: 'reader@example.com',
      text: 'Hello',
      headers: { 'X-Campaign': ['spring', 'summer'] },
      graph: {
        format: 'json',
        message: { internetMessageHeaders: Array.from({ length: 5 }, (_, index) => ({ name: `x-${index}`, value: '1' })) },
      },
    });
    expect(info.losses).toEqual([{ feature: 'headers', detail: expect.stringContaining('X-Campaign') }]);
  } finally {
    transport.close();
    await sandbox.close();
  }
});
