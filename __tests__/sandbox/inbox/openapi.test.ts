import { message } from '../client.js';
import { useInbox } from './inbox-client.js';

const inbox = useInbox();

interface Schema {
  $ref?: string;
  anyOf?: Schema[];
  type?: string;
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
}

/** What does not fit; enough of JSON Schema for this document, undocumented properties included. */
function misfits(schema: Schema, value: unknown, all: Record<string, Schema>, at = '$'): string[] {
  if (schema.$ref) return misfits(all[schema.$ref.split('/').at(-1) ?? ''] ?? {}, value, all, at);
  if (schema.anyOf) {
    const results = schema.anyOf.map((one) => misfits(one, value, all, at));
    return results.some((one) => one.length === 0) ? [] : (results[0] ?? []);
  }
  if (schema.const !== undefined) return value === schema.const ? [] : [`${at}: not ${JSON.stringify(schema.const)}`];
  if (schema.enum && !schema.enum.includes(value)) return [`${at}: none of ${schema.enum.join()}`];
  switch (schema.type) {
    case 'array':
      return Array.isArray(value)
        ? value.flatMap((one, index) => misfits(schema.items ?? {}, one, all, `${at}[${index}]`))
        : [`${at}: no array`];
    case 'object': {
      if (typeof value !== 'object' || value === null) return [`${at}: no object`];
      const properties = schema.properties ?? {};
      const missing = (schema.required ?? []).filter((name) => !(name in value)).map((name) => `${at}.${name}: missing`);
      const entries = Object.entries(value).filter(([, one]) => one !== undefined);
      const unknown = schema.properties
        ? entries.filter(([name]) => !(name in properties)).map(([name]) => `${at}.${name}: not documented`)
        : [];
      return [...missing, ...unknown, ...entries.flatMap(([name, one]) => misfits(properties[name] ?? {}, one, all, `${at}.${name}`))];
    }
    case 'integer':
      return Number.isInteger(value) ? [] : [`${at}: no integer`];
    case 'null':
      return value === null ? [] : [`${at}: not null`];
    case undefined:
      return [];
    default:
      return typeof value === schema.type ? [] : [`${at}: no ${schema.type}`];
  }
}

it('describes what the API answers, property by property', async () => {
  const { body: document } = await inbox.get('openapi.json');
  expect(document.openapi).toBe('3.1.0');
  inbox.sandbox.fail({ status: 429 });
  await inbox.client.sendMail(message({ internetMessageId: '<a@contoso.com>' }));
  const plan = Buffer.from(
    JSON.stringify({
      losses: [{ feature: 'text', detail: 'd' }],
      weights: { json: { weight: 2, losses: ['text'] }, mime: null },
      envelope: { from: false, to: ['a'] },
    }),
  ).toString('base64url');
  await inbox.client.sendMail(message({ internetMessageId: '<a@contoso.com>' }), { headers: { 'x-graph-transport-plan': plan } });
  await inbox.client.sendMail(message(), { token: 'x' });
  await inbox.client.send('/v1.0/users/noreply@contoso.com/messages', { body: message() });
  const refused = (await inbox.get('messages?kinds=refused')).body.items[0].id;
  const request = inbox.sandbox.requests[0]?.requestId;
  const checked: string[] = [];
  for (const [path, methods] of Object.entries<
    Record<string, { responses: Record<string, { content?: Record<string, { schema: Schema }> }> }>
  >(document.paths)) {
    const schema = methods.get?.responses['200']?.content?.['application/json']?.schema;
    if (!schema) continue;
    const id = path.startsWith('/refused') ? refused : path.startsWith('/requests') ? request : 'latest';
    const target = path.slice(1).replace('{id}', String(id)).replace('{mailbox}', 'noreply@contoso.com');
    const { status, body } = await inbox.get(target === 'messages' ? 'messages?kinds=message,refused' : target);
    expect([target, status]).toEqual([target, 200]);
    expect([target, misfits(schema, body, document.components.schemas)]).toEqual([target, []]);
    checked.push(path);
  }
  expect(checked).toEqual(
    expect.arrayContaining([
      '/messages',
      '/messages/{id}',
      '/refused/{id}',
      '/requests/{id}',
      '/status',
      '/settings',
      '/drafts',
      '/faults',
      '/callers',
      '/wait',
    ]),
  );
});
