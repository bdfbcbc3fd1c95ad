import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTenantFacts } from '../../lib/config/read-tenant-facts.js';
import { factsOf, findReportProblem, settledBy, type MeasuredPoint, type TenantReport } from '../../lib/prepared/tenant-facts.js';

const point = (more: Partial<MeasuredPoint> = {}): MeasuredPoint => ({ feature: 'listHeaders', way: 'json', claimed: 'kept', ...more });
const report = (more: object = {}): TenantReport => ({
  tool: 'nodemailer-graph-transport prove',
  version: 1,
  made: '2026-11-26',
  library: '0.1.0',
  cloud: 'global',
  points: [point({ inside: 'lost' })],
  answers: {},
  ...more,
});

test.each<[Partial<MeasuredPoint>, 'yes' | 'loss' | undefined]>([
  [{}, undefined],
  [{ inside: 'missing' }, undefined],
  [{ inside: 'kept' }, 'yes'],
  [{ inside: 'lost' }, 'loss'],
  [{ inside: 'changed' }, 'loss'],
  // what an outside mailbox got counts more
  [{ inside: 'kept', outside: 'lost' }, 'loss'],
  [{ inside: 'lost', outside: 'kept' }, 'yes'],
  [{ inside: 'lost', outside: 'missing' }, 'loss'],
  // Exchange keeps one body, whatever the transport
  [{ feature: 'text', inside: 'changed' }, undefined],
  [{ feature: 'icalEvent', inside: 'lost' }, undefined],
  [{ feature: 'text', inside: 'kept' }, 'yes'],
  [{ feature: 'text', inside: 'kept', outside: 'changed' }, 'loss'],
])('%j settles %s', (measured, settled) => {
  expect(settledBy(point(measured))).toBe(settled);
});

test('an alias that arrives takes no loss back, since other addresses were not tried; one that does not is a loss', () => {
  const alias = (way: MeasuredPoint['way'], inside: 'kept' | 'lost') => point({ feature: 'from', way, inside });
  expect(factsOf({ points: [alias('json', 'kept'), alias('mime', 'kept')] })).toEqual({});
  expect(factsOf({ points: [alias('json', 'lost'), alias('mime', 'kept')] })).toEqual({ from: { json: 'loss' } });
});

test('facts are kept by feature and way', () => {
  const points = [
    point({ inside: 'lost' }),
    point({ way: 'mime', inside: 'kept' }),
    point({ feature: 'text', way: 'json', outside: 'kept' }),
  ];
  expect(factsOf({ points })).toEqual({ listHeaders: { json: 'loss', mime: 'yes' }, text: { json: 'yes' } });
});

test('a whole report is one', () => {
  const answers = {
    uploadSessionFrom: 2,
    draftId: 'kept',
    secondSend: '404 ErrorItemNotFound',
    secondSendCopies: 1,
    tooManyRecipients: '202',
    concurrency: 8,
  };
  expect(findReportProblem(report({ answers }))).toBeUndefined();
});

test.each<[string, unknown, string]>([
  ['nothing', null, 'it must be an object, not null'],
  ['an array', [], 'it must be an object, not an object'],
  ['another tool', report({ tool: 'npm' }), `"tool" must be one of 'nodemailer-graph-transport prove', not 'npm'`],
  ['a later version', report({ version: 2 }), '"version" must be 1, the version this library reads, not 2'],
  ['a date that is none', report({ made: 'today' }), `"made" must be a day such as '2026-11-26', not 'today'`],
  ['no points', report({ points: undefined }), '"points" must be an array'],
  ['an unknown field', report({ mailbox: 'noreply@contoso.com' }), '"mailbox" must be one of tool, version'],
  ['an unknown feature', report({ points: [point({ feature: 'subject' as never })] }), `"points[0].feature" must be one of 'text'`],
  ['an unknown way', report({ points: [point(), point({ way: 'smtp' as never })] }), `"points[1].way" must be one of 'json', 'mime'`],
  ['an unknown outcome', report({ points: [point({ inside: 'perhaps' as never })] }), `"points[0].inside" must be one of 'kept'`],
  ['a point twice', report({ points: [point(), point()] }), '"points[1]" must be a feature and way that were not there before'],
  ['an unknown answer', report({ answers: { colour: 'red' } }), '"answers.colour" must be one of uploadSessionFrom'],
  ['a wrong answer', report({ answers: { concurrency: '4' } }), `"answers.concurrency" must be a whole number from 0 to 8, not '4'`],
  [
    'an answer with an address',
    report({ answers: { secondSend: 'to noreply@contoso.com' } }),
    '"answers.secondSend" must be an HTTP status',
  ],
])('%s is ECONFIG that names the field', (_, value, message) => {
  expect(() => readTenantFacts(value)).toThrow(expect.objectContaining({ code: 'ECONFIG', permanent: true }));
  expect(() => readTenantFacts(value)).toThrow(message);
});

describe('a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'facts-'));
  const path = join(folder, 'facts.json');
  afterAll(() => rmSync(folder, { recursive: true }));

  test('is read', () => {
    writeFileSync(path, `\uFEFF${JSON.stringify(report())}`);
    expect(readTenantFacts(path)).toEqual({ listHeaders: { json: 'loss' } });
  });

  test.each([
    ['that is missing', () => undefined, 'ENOENT', join(folder, 'missing.json')],
    ['that is no JSON', () => writeFileSync(path, '{'), 'is no JSON', path],
    ['that is too large', () => writeFileSync(path, ' '.repeat(1024 * 1024 + 1)), 'too large', path],
    ['that is a folder', () => undefined, 'EISDIR', folder],
  ])('%s is ECONFIG', (_, write, message, name) => {
    write();
    expect(() => readTenantFacts(name)).toThrow(expect.objectContaining({ code: 'ECONFIG' }));
    expect(() => readTenantFacts(name)).toThrow(message);
  });
});
