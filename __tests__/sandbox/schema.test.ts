import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { enums, structures } from '../../lib/sandbox/checks/schema.js';

interface CsdlType {
  kind: string;
  BaseType?: string;
  members: { tag: string; Name?: string; Type?: string }[];
}

// the metadata lies beside the checkout and is not part of it
const file = join(__dirname, '../../../shared/schema/mail-subset.json');
const metadata: Record<string, CsdlType> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};

if (!existsSync(file)) console.info(`skipped: no metadata at ${file}`);

/** Properties of a type, its base types' first. */
function propertiesOf(name: string): Record<string, string> {
  const type = metadata[name];
  if (!type) throw new Error(`the metadata has no ${name}`);
  const own = type.members.filter(({ tag }) => tag !== 'Key').map((member) => [member.Name, member.Type] as [string, string]);
  return { ...(type.BaseType ? propertiesOf(type.BaseType.replace('graph.', '')) : {}), ...Object.fromEntries(own) };
}

describe('the table of types', () => {
  const check = existsSync(file) ? it.each : it.skip.each;

  check(Object.keys(structures))('has %s as Microsoft has it', (name) => {
    expect(structures[name as keyof typeof structures]).toEqual(propertiesOf(name));
  });

  check(Object.keys(enums))('has the members of %s', (name) => {
    expect(metadata[name]?.kind).toBe('EnumType');
    expect(enums[name]).toEqual(metadata[name]?.members.map((member) => member.Name));
  });
});
