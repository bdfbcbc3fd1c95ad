import { domainToASCII } from 'node:url';
import libmime from 'libmime';
import { simpleParser } from 'mailparser';

/** Compared on their own, or about the encoding and not about the message. */
const OTHERWISE = /^(from|sender|to|cc|bcc|resent-bcc|reply-to|subject|date|message-id|mime-version|content-.*)$/;

/**
 * Compares what an app sent with what the recipients received, both as a mail program reads them.
 *
 * @param sent what SMTP would have got: `source`, the envelope's `recipients`, and the `messageId` the app was told
 * @param arrived a message of the sandbox: `source` and `recipients`
 * @returns what differs, a sentence each; empty if the message arrived intact
 */
export async function findDifferences(sent, arrived) {
  const [before, after] = await Promise.all([readMail(sent.source), readMail(arrived.source)]);
  const differences = [];
  const expectSame = (what, wanted, got) => {
    const [a, b] = [JSON.stringify(wanted), JSON.stringify(got)];
    if (a !== b) differences.push(`${what}: sent ${shorten(a)}, arrived ${shorten(b)}`);
  };

  expectSame('recipients', addressSet(sent.recipients), addressSet(arrived.recipients));
  expectSame('Message-ID', sent.messageId, after.messageId);
  for (const field of ['from', 'to', 'cc', 'replyTo', 'subject', 'html']) expectSame(field, before[field], after[field]);
  // mail systems add header lines in front; what was sent must still be there, in its order
  for (const [name, values] of before.headers) expectSame(name, values, after.headers.get(name)?.slice(-values.length));
  // whoever sends HTML alone does not mind a text part beside it, and Exchange always adds one
  if (before.text !== '' || before.html === '') expectSame('text', before.text, after.text);
  expectSame('attachments', before.attachments.map(describeAttachment), after.attachments.map(describeAttachment));
  before.attachments.forEach(({ name, content }, index) => {
    const other = after.attachments[index]?.content;
    if (other?.length === content.length && !content.equals(other)) differences.push(`attachment ${name}: the bytes differ`);
  });
  if (before.signed && !toCrlf(arrived.source).includes(before.signed)) differences.push('the signed part is not the same, byte for byte');
  if (/^(resent-)?bcc[ \t]*:/im.test(headOf(arrived.source))) differences.push('the recipients can see a Bcc header');
  return differences;
}

async function readMail(source) {
  const parsed = await simpleParser(source, {
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipImageLinks: true,
    skipTextLinks: true,
    keepCidLinks: true,
  });
  return {
    messageId: parsed.messageId,
    from: addresses(parsed.from).map(({ address }) => address),
    to: addresses(parsed.to),
    cc: addresses(parsed.cc),
    replyTo: addresses(parsed.replyTo),
    subject: parsed.subject ?? '',
    text: dropLastLineBreak(parsed.text ?? ''),
    html: dropLastLineBreak(parsed.html || ''),
    headers: readHeaders(parsed.headerLines),
    attachments: parsed.attachments.map(readAttachment).sort(compareAttachments),
    signed: signedPart(parsed, source),
  };
}

/** On the wire a line always ends; whether the app wrote that line end nobody can tell. */
function dropLastLineBreak(text) {
  return text.replace(/\n$/, '');
}

function addresses(header) {
  const read = ({ address, name, group }) => (group ? [{ group: name }, ...group.flatMap(read)] : [{ address: normalise(address), name }]);
  return [header ?? []].flat().flatMap(({ value }) => value.flatMap(read));
}

/** Each address once: an international domain in ASCII, everything in lower case. */
function addressSet(list) {
  return [...new Set(list.map(normalise))].sort();
}

function normalise(address) {
  const at = address.lastIndexOf('@') + 1;
  return (address.slice(0, at) + (domainToASCII(address.slice(at)) || address.slice(at))).toLowerCase();
}

/** The values of every other header, by its name in lower case. */
function readHeaders(lines) {
  const headers = new Map();
  for (const { key, line } of lines.filter(({ key }) => !OTHERWISE.test(key))) {
    const value = line.slice(line.indexOf(':') + 1).replace(/\s+/g, ' ');
    headers.set(key, [...(headers.get(key) ?? []), libmime.decodeWords(value).trim()]);
  }
  return headers;
}

function readAttachment({ filename, contentType, cid, contentDisposition, content }) {
  return { name: filename ?? '', contentType, cid: cid ?? '', disposition: contentDisposition ?? '', content };
}

function describeAttachment({ name, contentType, cid, disposition, content }) {
  return [name || 'unnamed', contentType, disposition, cid && `cid:${cid}`, `${content.length} bytes`].filter(Boolean).join(' ');
}

/** Mail systems may reorder attachments; a reader does not care. */
function compareAttachments(a, b) {
  const [x, y] = [describeAttachment(a), describeAttachment(b)];
  return x === y ? Buffer.compare(a.content, b.content) : x < y ? -1 : 1;
}

/** The bytes a signature covers: what stands between the first two boundaries of multipart/signed. */
function signedPart(parsed, source) {
  const { value, params } = parsed.headers.get('content-type') ?? {};
  if (value !== 'multipart/signed') return undefined;
  const delimiter = `\r\n--${params.boundary}\r\n`;
  const whole = toCrlf(source);
  const start = whole.indexOf(delimiter) + delimiter.length;
  return whole.subarray(start, whole.indexOf(delimiter, start));
}

function headOf(source) {
  return source.toString('latin1').split(/\r?\n\r?\n/, 1)[0];
}

function toCrlf(source) {
  return Buffer.from(source.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1');
}

function shorten(text = 'nothing') {
  return text.length > 200 ? `${text.slice(0, 200)}… (${text.length} characters)` : text;
}
