import { createHash, generateKeyPairSync, verify } from 'node:crypto';
import forge from 'node-forge';

/** A self-signed certificate with its key. */
export interface Identity {
  certificate: forge.pki.Certificate;
  privateKey: forge.pki.rsa.PrivateKey;
}

export function createIdentity(email: string): Identity {
  // short, and made by Node: forge computes in JavaScript, which is slow inside jest from Node 22 on
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 1024,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const privateKey = forge.pki.privateKeyFromPem(pair.privateKey);
  const publicKey = forge.pki.publicKeyFromPem(pair.publicKey);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = publicKey;
  certificate.serialNumber = '01';
  certificate.validity.notBefore = new Date(Date.now() - 3_600_000);
  certificate.validity.notAfter = new Date(Date.now() + 3_600_000);
  const name = [{ name: 'commonName', value: email }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.sign(privateKey, forge.md.sha256.create());
  return { certificate, privateKey };
}

/** PKCS #7 SignedData in DER; `detached` leaves the content out. */
export function sign(content: Buffer, { certificate, privateKey }: Identity, { detached = false } = {}): Buffer {
  const { oids } = forge.pki;
  const signed = forge.pkcs7.createSignedData();
  signed.content = forge.util.createBuffer(content.toString('binary'));
  signed.addCertificate(certificate);
  signed.addSigner({
    key: privateKey,
    certificate,
    digestAlgorithm: oids['sha256'] as string,
    authenticatedAttributes: [
      { type: oids['contentType'] as string, value: oids['data'] },
      { type: oids['messageDigest'] as string },
      { type: oids['signingTime'] as string, value: new Date() as unknown as string },
    ],
  });
  signed.sign({ detached });
  return toDer(signed.toAsn1());
}

/** PKCS #7 EnvelopedData in DER. */
export function encrypt(content: Buffer, { certificate }: Identity): Buffer {
  const enveloped = forge.pkcs7.createEnvelopedData();
  enveloped.addRecipient(certificate);
  enveloped.content = forge.util.createBuffer(content.toString('binary'));
  enveloped.encrypt();
  return toDer(enveloped.toAsn1());
}

export function decrypt(der: Buffer, { certificate, privateKey }: Identity): Buffer {
  const enveloped = forge.pkcs7.messageFromAsn1(forge.asn1.fromDer(der.toString('binary'))) as forge.pkcs7.PkcsEnvelopedData;
  const recipient = enveloped.findRecipient(certificate);
  if (!recipient) throw new Error('not encrypted for this recipient');
  enveloped.decrypt(recipient, privateKey);
  return Buffer.from((enveloped.content as forge.util.ByteStringBuffer).getBytes(), 'binary');
}

/**
 * Checks a SignedData with Node's own crypto: forge makes signatures, but does not check them.
 *
 * @param detached the signed content where it is not inside
 * @returns the signed content
 */
export function verifySigned(der: Buffer, { certificate }: Identity, detached?: Buffer): Buffer {
  // ContentInfo › [0] › SignedData: version, digestAlgorithms, contentInfo, certificates, signerInfos (RFC 2315 9.1)
  const signedData = descend(forge.asn1.fromDer(der.toString('binary')), 1, 0);
  const inside = descend(signedData, 2).value.length > 1 ? octets(descend(signedData, 2, 1, 0)) : undefined;
  const content = inside ?? detached;
  if (!content) throw new Error('no signed content');
  // SignerInfo: version, issuer, digestAlgorithm, attributes, signatureAlgorithm, signature
  const signer = descend(signedData, signedData.value.length - 1, 0);
  const attributes = descend(signer, 3);
  const digests = (attributes.value as forge.asn1.Asn1[])
    .filter((attribute) => forge.asn1.derToOid(descend(attribute, 0).value as string) === forge.pki.oids['messageDigest'])
    .map((attribute) => octets(descend(attribute, 1, 0)));
  if (!digests[0]?.equals(createHash('sha256').update(content).digest())) throw new Error('the content is not what was signed');
  // what is signed is the attributes as a SET, not as the [0] they are written as
  const { Class, Type, create } = forge.asn1;
  const signedAttributes = toDer(create(Class.UNIVERSAL, Type.SET, true, attributes.value));
  const key = forge.pki.publicKeyToPem(certificate.publicKey);
  if (!verify('sha256', signedAttributes, key, octets(descend(signer, 5)))) throw new Error('the signature is wrong');
  return content;
}

function descend(node: forge.asn1.Asn1, ...path: number[]): forge.asn1.Asn1 {
  return path.reduce((at, index) => (at.value as forge.asn1.Asn1[])[index] as forge.asn1.Asn1, node);
}

/** An OCTET STRING; forge reads one that happens to hold ASN.1 as a tree. */
function octets(node: forge.asn1.Asn1): Buffer {
  return typeof node.value === 'string' ? Buffer.from(node.value, 'binary') : toDer(node.value[0] as forge.asn1.Asn1);
}

function toDer(node: forge.asn1.Asn1): Buffer {
  return Buffer.from(forge.asn1.toDer(node).getBytes(), 'binary');
}
