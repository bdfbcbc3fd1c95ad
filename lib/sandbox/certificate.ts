import { createHash, generateKeyPair, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIP, isIPv4 } from 'node:net';
import { promisify } from 'node:util';
import { bitString, der, integer, isTrue, objectId, octetString, sequence, setOf, time, utf8String, type Der } from './der.js';

/** What the sandbox serves TLS with. */
export interface Identity {
  /** PEM. */
  certificate: string;
  /** PEM. */
  privateKey: string;
}

const DAY = 24 * 60 * 60 * 1000;
const ECDSA_WITH_SHA256 = sequence(objectId('1.2.840.10045.4.3.2'));

/** Makes a self-signed certificate for the loopback addresses, `host` and `hostname`; it serves as its own CA. */
export async function createIdentity(host: string, hostname = host): Promise<Identity> {
  // an RSA key would take longer to make than all the rest of a sandbox takes to start
  const { privateKey, publicKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const content = contentOf(publicKey, ['localhost', '127.0.0.1', '::1', host, hostname]);
  const bytes = sequence(content, ECDSA_WITH_SHA256, bitString(sign('sha256', content, privateKey)));
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    certificate: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

/** What is signed (RFC 5280, 4.1). */
function contentOf(publicKey: KeyObject, names: readonly string[]): Der {
  const key = publicKey.export({ type: 'spki', format: 'der' });
  const now = Date.now();
  const name = sequence(setOf(sequence(objectId('2.5.4.3'), utf8String('nodemailer-graph-transport sandbox'))));
  const extensions = [
    extension('2.5.29.19', sequence(isTrue), { critical: true }), // basicConstraints: a CA
    extension('2.5.29.15', bitString(Buffer.from([0x84]), 2), { critical: true }), // keyUsage: digitalSignature, keyCertSign
    extension('2.5.29.37', sequence(objectId('1.3.6.1.5.5.7.3.1'))), // extKeyUsage: serverAuth
    extension('2.5.29.17', sequence(...[...new Set(names)].map(alternativeName))),
    extension('2.5.29.14', octetString(createHash('sha1').update(key).digest())), // subjectKeyIdentifier
  ];
  return sequence(
    der(0xa0, integer(Buffer.from([2]))), // version 3
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ECDSA_WITH_SHA256,
    name,
    sequence(time(new Date(now - DAY)), time(new Date(now + 365 * DAY))),
    name,
    key,
    der(0xa3, sequence(...extensions)),
  );
}

function extension(id: string, value: Der, { critical = false } = {}): Der {
  return sequence(objectId(id), ...(critical ? [isTrue] : []), octetString(value));
}

function alternativeName(name: string): Der {
  return isIP(name) ? der(0x87, addressBytes(name)) : der(0x82, Buffer.from(name, 'latin1'));
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  // URL writes every form of one in the same way: groups of hex, `::` once at most
  const { hostname } = new URL(`http://[${address.replace(/%.*/, '')}]`);
  const [head = '', tail] = hostname.slice(1, -1).split('::');
  const groups = (text = '') => (text === '' ? [] : text.split(':'));
  const [before, after] = [groups(head), groups(tail)];
  const zeros = tail === undefined ? [] : Array<string>(8 - before.length - after.length).fill('0');
  return Buffer.from([...before, ...zeros, ...after].map((group) => group.padStart(4, '0')).join(''), 'hex');
}
