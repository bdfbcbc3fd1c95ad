import { readdirSync, readFileSync } from 'node:fs';
import { simpleParser } from 'mailparser';

const folder = new URL('../../fixtures/', import.meta.url);

/** Every fixture as an app would hand it to Nodemailer: the bytes as `raw`, and the envelope from their headers. */
export async function readFixtures() {
  const names = readdirSync(folder).filter((name) => name.endsWith('.eml'));
  return Promise.all(
    names.sort().map(async (name) => {
      const raw = readFileSync(new URL(name, folder));
      return { name, mail: { raw, envelope: envelopeOf(await simpleParser(raw)) } };
    }),
  );
}

/** Nodemailer makes no envelope for `raw`; whoever sends it does, over SMTP as over Graph. */
export function envelopeOf(parsed) {
  const [from] = addressesOf(parsed.from);
  return { from, to: [parsed.to, parsed.cc, parsed.bcc].flatMap(addressesOf) };
}

/** The addresses of a header that occurs never, once or several times; of a group its members. */
function addressesOf(header) {
  const flatten = ({ address, group }) => (group ? group.flatMap(flatten) : address ? [address] : []);
  return [header ?? []].flat().flatMap(({ value }) => value.flatMap(flatten));
}
