import type { LossFeature, TenantReport } from '../../lib/index.js';
import { startSandbox, type Sandbox, type SandboxLoss, type SandboxOptions } from '../../lib/sandbox/index.js';
import { contentOf, insideOf, lossesWith, MAILBOX, proveOn } from './harness.js';

const ALIAS = 'info@contoso.com';
const base: SandboxOptions = { protocol: 'http', mailboxes: [{ userPrincipalName: MAILBOX, aliases: [ALIAS] }] };
let sandbox: Sandbox;
afterEach(() => sandbox.close());

async function reportOn(options: SandboxOptions, given: Parameters<typeof proveOn>[1] = {}): Promise<TenantReport> {
  sandbox = await startSandbox({ ...base, ...options });
  const { proof, error } = await proveOn(sandbox, { alias: ALIAS, ...given });
  if (!proof) throw error;
  expect(await contentOf(sandbox)).toEqual([]);
  return proof.report;
}

const FEATURES: [feature: LossFeature, sandboxLoss: string][] = [
  ['fromName', 'fromName'],
  ['xHeaders', 'xHeaders'],
  ['moreXHeaders', 'moreXHeaders'],
  ['customHeaders', 'customHeaders'],
  ['listHeaders', 'listHeaders'],
  ['threading', 'threading'],
  ['ownMessageId', 'messageId'],
];

describe.each(FEATURES)('%s', (feature, loss) => {
  test.each(['json', 'mime'] as const)('lost in %s: the report says so, and the transport follows it', async (way) => {
    const report = await reportOn({ loses: [`${way}:${loss}` as SandboxLoss] });
    const inside = insideOf(report);
    const touched = Object.keys(inside)
      .filter((key) => inside[key] !== 'kept' && inside[key] !== 'changed')
      .sort();
    // a draft is MIME, too
    const ways = way === 'mime' && `mimeDraft:${feature}` in inside ? ['mime', 'mimeDraft'] : [way];
    if (feature === 'ownMessageId') expect(ways.map((of) => inside[`${of}:${feature}`])).toEqual(ways.map(() => 'changed'));
    else expect(touched).toEqual(ways.map((of) => `${of}:${feature}`).sort());

    // auto avoids what is lost; the format that loses it tells it
    const other = way === 'json' ? 'mime' : 'json';
    expect(await lossesWith(sandbox, report, {})).toEqual({ format: other, losses: [] });
    expect((await lossesWith(sandbox, report, { graph: { format: way } })).losses).toEqual([feature]);
    expect((await lossesWith(sandbox, report, { graph: { format: other } })).losses).toEqual([]);
  });
});

describe('the body', () => {
  const withHtml = { html: '<p>Hello</p>' };

  test.each(['text', 'calendar', 'calendarMethod'])('%s lost in MIME is open inside Exchange, and settled outside', async (loss) => {
    const report = await reportOn({ loses: [`mime:${loss}` as SandboxLoss] }, { to: 'reader@example.com' });
    const feature = loss === 'text' ? 'text' : 'icalEvent';
    const point = report.points.find((candidate) => candidate.feature === feature && candidate.way === 'mime');
    expect(point?.inside).toBe(loss === 'calendar' ? 'changed' : 'changed');
    // as claimed until somebody outside has seen it
    expect((await lossesWith(sandbox, report, { ...withHtml, graph: { format: 'mime' } })).losses).toEqual([]);
    const points = report.points.map((of) => (of.feature === feature && of.way !== 'json' ? { ...of, outside: of.inside } : of));
    const data = feature === 'text' ? withHtml : { icalEvent: { method: 'REQUEST', content: 'BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n' } };
    expect((await lossesWith(sandbox, { ...report, points }, { ...data, graph: { format: 'mime' } })).losses).toEqual([feature]);
  });

  test.each(['text', 'calendar', 'threading'])('%s lost in a MIME draft that gets attachments is lost there alone', async (loss) => {
    const report = await reportOn({ loses: [`mimeDraft:${loss}` as SandboxLoss] });
    const inside = insideOf(report);
    const feature = loss === 'calendar' ? 'icalEvent' : loss;
    expect(inside[`mime:${feature}`]).toBe('kept');
    expect(inside[`mimeDraft:${feature}`]).not.toBe('kept');
    const large = {
      ...withHtml,
      attachments: [{ filename: 'large.bin', content: Buffer.alloc(4 * 1024 * 1024) }],
      graph: { format: 'mime' },
    };
    expect((await lossesWith(sandbox, report, large)).losses).toEqual(loss === 'threading' ? ['threading'] : []);
    expect((await lossesWith(sandbox, report, { ...withHtml, graph: { format: 'mime' } })).losses).toEqual([]);
  });
});

test.each<[SandboxOptions['sendFromAliases'], string, string, LossFeature[]]>([
  [false, 'changed', 'changed', ['from']],
  [true, 'kept', 'changed', []],
  ['both', 'kept', 'kept', []],
])('an alias as From, sendFromAliases %s', async (sendFromAliases, json, mime, losses) => {
  const report = await reportOn({ sendFromAliases });
  const inside = insideOf(report);
  expect([inside['json:from'], inside['mime:from']]).toEqual([json, mime]);
  expect((await lossesWith(sandbox, report, { from: ALIAS, graph: { format: 'json' } })).losses).toEqual(losses);
  // what a mailbox may send as was not tried
  expect((await lossesWith(sandbox, report, { from: ALIAS, graph: { format: 'mime' } })).losses).toEqual(['from']);
});

test.each<[string, SandboxOptions, object]>([
  ['an upload session from 2 MiB', { minUploadSize: 2 * 1024 * 1024 }, { uploadSessionFrom: 2 }],
  ['from 3 MiB', {}, { uploadSessionFrom: 3 }],
  ['not up to 3 MiB', { minUploadSize: 4 * 1024 * 1024 }, { uploadSessionFrom: 0 }],
  ['a draft’s id that ends', { keepsDraftIds: false }, { draftId: 'lost' }],
  ['a draft’s id that stays', {}, { draftId: 'kept' }],
  ['a second send that delivers', { resend: true }, { secondSend: '202', secondSendCopies: 2 }],
  ['a second send that is refused', {}, { secondSend: '404 ErrorItemNotFound', secondSendCopies: 1 }],
  ['501 recipients that bounce', {}, { tooManyRecipients: '202' }],
  ['501 recipients that are refused', { tooManyRecipients: 'refuse' }, { tooManyRecipients: '400 ErrorRecipientLimitExceeded' }],
  ['8 requests at a time', {}, { concurrency: 8 }],
])('%s', async (_, options, answers) => {
  const report = await reportOn(options, { withDuplicates: true, withBounce: true, wait: 1000 });
  expect(report.answers).toMatchObject(answers);
});
