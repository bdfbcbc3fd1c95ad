import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { simpleParser, type AddressObject, type EmailAddress, type ParsedMail } from 'mailparser';

const folder = join(__dirname, '../fixtures');
const read = (name: string) => readFileSync(join(folder, name));
const names = readdirSync(folder).filter((name) => name.endsWith('.eml'));
const parse = (name: string) => simpleParser(read(name), { skipHtmlToText: true, skipTextToHtml: true });

function addresses(header: AddressObject | AddressObject[] | undefined): string[] {
  const flatten = ({ address, group }: EmailAddress): string[] => (group ? group.flatMap(flatten) : address ? [address] : []);
  return [header ?? []].flat().flatMap(({ value }) => value.flatMap(flatten));
}

test('the table in fixtures/README.md lists exactly the files present, each once', () => {
  const listed = [
    ...read('README.md')
      .toString()
      .matchAll(/^\| \[(.+?\.eml)\]\((.+?)\) \| \S.* \|$/gm),
  ];
  expect(listed.map(([, label]) => label)).toEqual(names.toSorted());
  expect(listed.map(([, , target]) => target)).toEqual(names.toSorted());
  expect(names.length).toBeGreaterThanOrEqual(24);
});

test.each(names)(
  '%s goes from the sandbox’s mailbox to example.com, with line ends as on the wire unless they are its corner',
  async (name) => {
    const mail = await parse(name);
    expect(addresses(mail.from).map((address) => address.toLowerCase())).toEqual(['noreply@contoso.com']);
    const recipients = [mail.to, mail.cc, mail.bcc].flatMap(addresses);
    expect(recipients).not.toEqual([]);
    for (const recipient of recipients) expect(recipient.toLowerCase()).toMatch(/@([^@]+\.)?example\.com$/);
    const hasBareLineEnd = /(?<!\r)\n|\r(?!\n)/.test(read(name).toString('latin1'));
    expect(hasBareLineEnd).toBe(['bare-lf.eml', 'mixed-line-ends.eml'].includes(name));
  },
);

// what mailparser must find, so that a comparison of two parsed messages compares something
const corners: [string, (mail: ParsedMail) => unknown, unknown][] = [
  ['koi8-r-base64.eml', (mail) => mail.text, 'Ваш заказ отправлен.\nСпасибо!\n'],
  ['iso-2022-jp-7bit.eml', (mail) => mail.subject, 'ご注文の確認'],
  ['gb18030-base64.eml', (mail) => mail.text, '您的订单已发货。㐀㐁 谢谢！\n'],
  ['utf-16-base64.eml', (mail) => mail.text, 'Two bytes a letter: äöü €\n'],
  ['windows-1252-curly-quotes.eml', (mail) => mail.html, '<p>“Quoted” – ‘single’ … 99 € — done™</p>\n'],
  ['encoded-words-adjacent.eml', (mail) => mail.subject, 'Äpfel 📦 und Birnen'],
  ['quoted-printable-lower-case.eml', (mail) => mail.text, 'Grüße, 10 € each \n leading, and a tab\t\nsoft break alone\n'],
  ['dot-lines.eml', (mail) => mail.text, 'Before.\n.\n..\n...three\n.hidden\n\n.\n'],
  ['trailing-spaces.eml', (mail) => mail.text, 'two spaces  \ntab\t\n \n-- \nContoso\n\n\n'],
  ['no-subject.eml', (mail) => mail.subject, undefined],
  ['no-date-no-message-id.eml', (mail) => [mail.date, mail.messageId], [undefined, undefined]],
  ['empty-body.eml', (mail) => [mail.text, mail.html, mail.attachments], [undefined, false, []]],
  ['zero-byte-attachment.eml', (mail) => mail.attachments.map(({ size }) => size), [0]],
  ['every-byte.eml', (mail) => new Set(mail.attachments[0]?.content).size, 256],
  ['same-name-twice.eml', (mail) => mail.attachments.map(({ filename }) => filename), ['report.csv', 'report.csv']],
  [
    'rfc-2231-filenames.eml',
    (mail) => mail.attachments.map(({ filename }) => filename),
    ['Rechnung für März € (final).pdf', 'Größe.txt', 'a-long-ascii-name-that-was-cut-in-two.txt'],
  ],
  ['nested-message.eml', (mail) => mail.attachments.map(({ contentType }) => contentType), ['message/rfc822']],
  ['nested-multiparts.eml', (mail) => mail.attachments.map(({ cid }) => cid), ['logo@contoso.com', undefined]],
  ['many-recipients.eml', (mail) => addresses(mail.to).length, 60],
  ['long-references.eml', (mail) => mail.references?.length, 60],
];

test.each(corners)('%s reads as its author meant it', async (name, look, expected) => {
  expect(look(await parse(name))).toEqual(expected);
});

test('the S/MIME signature covers the signed part as it lies in the repository', async () => {
  const source = read('smime-signed.eml');
  const delimiter = '\r\n--smime\r\n';
  const start = source.indexOf(delimiter) + delimiter.length;
  const digest = createHash('sha256')
    .update(source.subarray(start, source.indexOf(delimiter, start)))
    .digest();
  const { attachments } = await parse('smime-signed.eml');
  // the signed attributes hold the digest as plain bytes
  expect(attachments[0]?.content.includes(digest)).toBe(true);
});

test('logo.png is a picture of 48 x 48 pixels', () => {
  const png = read('logo.png');
  expect(png.toString('latin1', 0, 8)).toBe('\x89PNG\r\n\x1a\n');
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([48, 48]);
  const data = png.indexOf('IDAT');
  const pixels = inflateSync(png.subarray(data + 4, data + 4 + png.readUInt32BE(data - 4)));
  // a filter byte and three colours per row
  expect(pixels.length).toBe(48 * (1 + 48 * 3));
});

test('invoice.pdf has a cross-reference table that points to its objects', () => {
  const pdf = read('invoice.pdf').toString('latin1');
  const xref = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(pdf)?.[1]);
  const offsets = [...pdf.slice(xref).matchAll(/^(\d{10}) 00000 n $/gm)].map(([, offset]) => Number(offset));
  expect(offsets.map((offset) => pdf.slice(offset, pdf.indexOf(' obj', offset)))).toEqual(['1 0', '2 0', '3 0', '4 0', '5 0']);
  const stream = /<< \/Length (\d+) >>\nstream\n([^]*?)endstream/.exec(pdf);
  expect(stream?.[2]?.length).toBe(Number(stream?.[1]));
});
