import { wordDecoder } from '../../lib/message/encoded-words.js';

test.each([
  ['nothing to decode', 'nothing to decode'],
  ['', ''],
  ['a = b ? c', 'a = b ? c'],
  ['=?utf-8?Q?Gr=C3=BC=C3=9Fe?=', 'Grüße'],
  ['=?UTF-8?B?QsO8cm8=?= <a@example.com>', 'Büro <a@example.com>'],
  ['=?iso-8859-1?q?Gr=FC=DFe_an?= =?iso-8859-1?q?_alle?=', 'Grüße an alle'],
  ['=?utf-8?B?8J+Y?= =?utf-8?B?gA==?=', '😀'],
  ['=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=', '日本'],
  ['=? not one', '=? not one'],
])('%j is %j', async (value, expected) => {
  const decode = await wordDecoder(['nothing here', value]);
  expect(decode(value)).toBe(expected);
});

test('the library stays away where nothing needs it', async () => {
  jest.doMock('libmime', () => {
    throw new Error('it was loaded');
  });
  const decode = await wordDecoder(['a = b ? c', '']);
  expect(decode('=?utf-8?Q?left?=')).toBe('=?utf-8?Q?left?=');
  await expect(wordDecoder(['=?utf-8?Q?a?='])).rejects.toThrow('it was loaded');
  jest.dontMock('libmime');
});
