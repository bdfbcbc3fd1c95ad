import { createHash, generateKeyPairSync } from 'node:crypto';
import { PassThrough, Transform } from 'node:stream';
import { BYTES, INVITE, PNG, type FidelityCase, type Plugin } from '../harness.js';
import { letter } from './letter.js';

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const dkim = { domainName: 'contoso.com', keySelector: 'mail', privateKey };

/** Changes the whole message at once, as signing and encrypting plugins do. */
const rewrite = (change: (source: string) => string) => () => {
  const chunks: Buffer[] = [];
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
    flush(done) {
      this.push(Buffer.from(change(Buffer.concat(chunks).toString('latin1')), 'latin1'));
      done();
    },
  });
};

const bodyOf = (source: string): string => source.slice(source.indexOf('\r\n\r\n') + 4);

/** What a signature over the body would say; `latin1` in, line ends as they travel. */
export const bodyHash = (source: string): string => {
  const normal = source.replace(/\r\n|\r|\n/g, '\r\n').replace(/(\r\n)*$/, '');
  return createHash('sha256').update(normal, 'latin1').digest('hex');
};

/** Puts a hash of the body into the header, as a signature that breaks with every changed byte. */
const sign: Plugin = ({ message }, done) => {
  message.transform(rewrite((source) => `X-Body-Hash: ${bodyHash(bodyOf(source))}\r\n${source}`));
  done();
};

const mark: Plugin = ({ message }, done) => {
  message.transform(rewrite((source) => `X-Transformed: 1\r\n${source}`));
  done();
};

const encrypt: Plugin = ({ message }, done) => {
  const wrap = (source: string) => {
    const head = source.slice(0, source.indexOf('\r\n\r\n'));
    const kept = head.split(/\r\n(?![ \t])/).filter((line) => !/^(content-|mime-version)/i.test(line));
    // what it really makes depends on boundaries and encodings, which no two messages share
    const secret = Buffer.from('It is attached. '.repeat(20)).toString('base64').replace(/.{64}/g, '$&\n');
    return [
      ...kept,
      'MIME-Version: 1.0',
      'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=pgp',
      '',
      '--pgp',
      'Content-Type: application/pgp-encrypted',
      '',
      'Version: 1',
      '--pgp',
      'Content-Type: application/octet-stream; name=encrypted.asc',
      'Content-Disposition: inline; filename=encrypted.asc',
      '',
      `-----BEGIN PGP MESSAGE-----\n\n${secret}\n-----END PGP MESSAGE-----`,
      '--pgp--',
      '',
    ].join('\n');
  };
  message.transform(rewrite(wrap));
  done();
};

/** Not comparable with SMTP byte by byte: their text parts are in base64 here. */
export const signedCases: FidelityCase[] = [
  { name: 'signed text', data: () => letter({ text: 'Größe\nzwei' }), plugin: { step: 'stream', use: sign } },
  {
    name: 'a signed message with files',
    data: () => letter({ html: '<p>Größe</p>', bcc: 'hidden@example.com', attachments: [{ filename: 'a.bin', content: BYTES }] }),
    plugin: { step: 'stream', use: sign },
  },
];

const onlyMime = { json: 'EMESSAGE' } as const;

export const pluginCases: FidelityCase[] = [
  {
    name: 'a transform of the whole message',
    data: () => letter({ html: '<p>Größe</p>' }),
    plugin: { step: 'stream', use: mark },
    refused: onlyMime,
  },
  {
    name: 'a transform of a message with files',
    data: () => letter({ attachments: [{ filename: 'a.bin', content: BYTES }] }),
    plugin: { step: 'stream', use: mark },
    refused: onlyMime,
  },
  {
    name: 'a transform stream',
    data: () => letter(),
    plugin: { step: 'stream', use: ({ message }, done) => (message.transform(new PassThrough()), done()) },
    refused: onlyMime,
  },
  {
    name: 'a processFunc',
    data: () => letter(),
    plugin: {
      step: 'stream',
      use: ({ message }, done) => (
        message.processFunc((input: NodeJS.ReadableStream) => input.pipe(rewrite((source) => `X-Processed: 1\r\n${source}`)())),
        done()
      ),
    },
    refused: onlyMime,
  },
  {
    name: 'a plugin that adds a header',
    data: () => letter(),
    plugin: { step: 'stream', use: ({ message }, done) => (message.addHeader('X-Plugin', '1'), done()) },
  },
  {
    name: 'a plugin that changes the text',
    data: () => letter(),
    plugin: { step: 'compile', use: ({ data }, done) => ((data.text = 'Changed'), done()) },
  },
  {
    name: 'a plugin that adds a part',
    data: () => letter({ html: '<p>hello</p>' }),
    plugin: { step: 'stream', use: ({ message }, done) => (message.createChild('text/x-custom').setContent('custom'), done()) },
  },
  {
    name: 'a plugin that replaces the envelope',
    data: () => letter({ to: 'customer@example.com' }),
    plugin: {
      step: 'stream',
      use: ({ message }, done) => (message.setEnvelope({ from: 'noreply@contoso.com', to: 'staging@contoso.com' }), done()),
    },
  },
  {
    name: 'encryption',
    data: () => letter({ subject: '...', cc: 'copy@example.com', bcc: 'hidden@example.com' }),
    plugin: { step: 'stream', use: encrypt },
    refused: onlyMime,
  },
  {
    name: 'encryption, redirected',
    data: () => letter({ cc: 'copy@example.com', envelope: { to: 'staging@contoso.com' } }),
    plugin: { step: 'stream', use: encrypt },
    refused: onlyMime,
  },
  { name: 'dkim', data: () => letter({ dkim }), tells: { json: ['dkim'], mime: ['dkim'] } },
  {
    name: 'dkim in the defaults',
    data: () => letter({ html: '<p>hello</p>' }),
    defaults: { dkim },
    tells: { json: ['dkim'], mime: ['dkim'] },
  },
  {
    name: 'dkim and a transform',
    data: () => letter({ dkim, icalEvent: INVITE, attachments: [{ filename: 'a.png', content: PNG }] }),
    plugin: { step: 'stream', use: mark },
    refused: onlyMime,
    tells: { mime: ['dkim'] },
  },
];
