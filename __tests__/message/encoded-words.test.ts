import { loadWordDecoder, mayBeEncoded } from '../../lib/message/encoded-words.js';
import { read } from './read.js';

test.each([
  ['nothing to decode', 'nothing to decode', false],
  ['', '', false],
  ['a = b ? c', 'a = b ? c', false],
  ['=?utf-8?Q?Gr=C3=BC=C3=9Fe?=', 'Grüße', true],
  ['=?UTF-8?B?QsO8cm8=?= <a@example.com>', 'Büro <a@example.com>', true],
  ['=?iso-8859-1?q?Gr=FC=DFe_an?= =?iso-8859-1?q?_alle?=', 'Grüße an alle', true],
  ['=?utf-8?B?8J+Y?= =?utf-8?B?gA==?=', '😀', true],
  ['=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=', '日本', true],
  ['=? not one', '=? not one', true],
])('%j is %j', async (value, expected, maybe) => {
  const decode = await loadWordDecoder();
  expect(decode(value)).toBe(expected);
  expect(mayBeEncoded(value)).toBe(maybe);
});

test('the library stays away where nothing needs it', async () => {
  jest.doMock('libmime', () => {
    throw new Error('it was loaded');
  });
  await expect(read({ subject: 'a = b ? c' })).resolves.toMatchObject({ subject: 'a = b ? c' });
  await expect(read({ subject: 'Grüße' })).rejects.toThrow('it was loaded');
  jest.dontMock('libmime');
});

test.each([
  ['a subject', { subject: 'Grüße' }, { subject: 'Grüße' }],
  ['a name', { to: 'Büro <reader@example.com>' }, { to: [{ name: 'Büro', address: 'reader@example.com' }] }],
  [
    'a name in a group',
    { to: 'Team: =?utf-8?Q?B=C3=BCro?= <reader@example.com>;' },
    { to: [{ name: 'Büro', address: 'reader@example.com' }] },
  ],
  [
    'the last of several names',
    { to: 'Plain <a@example.com>, =?utf-8?Q?B=C3=BCro?= <b@example.com>' },
    {
      to: [
        { name: 'Plain', address: 'a@example.com' },
        { name: 'Büro', address: 'b@example.com' },
      ],
    },
  ],
])('%s is enough to decode', async (_what, data, expected) => {
  await expect(read(data)).resolves.toMatchObject(expected);
});

test.each([
  ['a Message-ID', { messageId: '<=?utf-8?Q?a?=@contoso.com>' }, { messageId: '<=?utf-8?Q?a?=@contoso.com>' }],
  [
    'In-Reply-To',
    { inReplyTo: '<=?utf-8?Q?a?=@contoso.com>' },
    { headers: [{ name: 'In-Reply-To', value: '<=?utf-8?Q?a?=@contoso.com>' }] },
  ],
])('%s is no place for encoded words (RFC 2047, 5)', async (_what, data, expected) => {
  await expect(read(data)).resolves.toMatchObject(expected);
});

test.each(['to', 'from', 'replyTo', 'sender'])('an encoded word is no address in %s', async (field) => {
  await expect(read({ [field]: '=?utf-8?Q?thief=40example=2Ecom?=@example.com' })).rejects.toMatchObject({ code: 'EENVELOPE' });
});

test('what was encoded does not bring line breaks along', async () => {
  const message = await read({ subject: '=?utf-8?Q?a=0D=0ABcc=3A_b?=', to: '=?utf-8?Q?a=0D=0A=00b?= <a@example.com>' });
  expect(message.subject).toBe('a Bcc: b');
  expect(message.to).toEqual([{ address: 'a@example.com', name: 'a  b' }]);
});
