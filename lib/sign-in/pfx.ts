import type { pkcs12 } from 'node-forge';
import { loadPackage } from '../errors/load-package.js';
import { configError } from '../errors/config-error.js';

/**
 * Certificate and private key of a PKCS #12 file as PEM. RSA keys only, as everywhere in Entra.
 *
 * @throws {GraphTransportError} `ECONFIG` for a wrong password or a file without a key or certificate
 */
export async function pemFromPfx(bytes: Buffer, password: string | undefined, what: string): Promise<string> {
  const forge = await loadPackage('node-forge', () => import('node-forge'), 'pkcs12');
  const oids = forge.pki.oids as Record<'certBag' | 'keyBag' | 'pkcs8ShroudedKeyBag', string>;
  let store: pkcs12.Pkcs12Pfx;
  try {
    store = forge.pkcs12.pkcs12FromAsn1(forge.asn1.fromDer(bytes.toString('binary')), password ?? '');
  } catch (error) {
    // forge's own words are about ASN.1 and PKCS #12 MACs
    const wrong = /password|mac/i.test((error as Error).message);
    throw configError(
      wrong
        ? password
          ? `the password of ${what} ("certificatePassword") is wrong`
          : `${what} is protected by a password; give "certificatePassword"`
        : `${what} cannot be read as a .pfx; convert it: openssl pkcs12 -in app.pfx -nodes -out app.pem`,
    );
  }
  const bags = (type: string) => store.getBags({ bagType: type })[type] ?? [];
  const key = [...bags(oids.pkcs8ShroudedKeyBag), ...bags(oids.keyBag)].find((bag) => bag.key)?.key;
  const certificates = bags(oids.certBag).flatMap((bag) => bag.cert ?? []);
  if (!key || certificates.length === 0) {
    throw configError(
      `${what} has ${key ? 'a private key and no certificate' : 'no RSA private key'}; it needs a certificate and its RSA private key`,
    );
  }
  // the leaf first: its thumbprint is what Entra looks for
  const isOwn = ({ publicKey }: { publicKey: object }) => 'n' in publicKey && (publicKey as typeof key).n.equals(key.n);
  if (!certificates.some(isOwn)) throw configError(`the private key of ${what} does not belong to its certificate: they are of two pairs`);
  certificates.sort((one, other) => Number(isOwn(other)) - Number(isOwn(one)));
  return [...certificates.map((certificate) => forge.pki.certificateToPem(certificate)), forge.pki.privateKeyToPem(key)].join('');
}
