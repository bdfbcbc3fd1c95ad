import { CARRIAGE, carriageOn, lossesIn, lossesOfMimeDraft, weigh } from '../../lib/plan/carriage.js';
import type { Trait } from '../../lib/message/outgoing-message.js';

type Row = [feature: Trait['feature'], json: 'yes' | 'loss' | 'never', mime: 'yes' | 'loss' | 'never', weight: number];

// the table of docs/fidelity.md
const TABLE: Row[] = [
  ['text', 'loss', 'yes', 2],
  ['icalEvent', 'loss', 'yes', 8],
  ['alternatives', 'loss', 'yes', 8],
  ['amp', 'loss', 'yes', 8],
  ['watchHtml', 'loss', 'yes', 8],
  ['raw', 'loss', 'yes', 8],
  ['from', 'yes', 'loss', 4],
  ['graph.message', 'yes', 'loss', 4],
  ['saveToSentItems', 'yes', 'loss', 3],
  ['rfc822', 'loss', 'yes', 1],
  ['date', 'loss', 'yes', 1],
  ['headers', 'loss', 'yes', 1],
  ['attachmentHeaders', 'loss', 'yes', 1],
  ['attachmentName', 'loss', 'yes', 1],
  ['group', 'loss', 'yes', 1],
  ['sender', 'loss', 'loss', 0],
  ['receipts', 'loss', 'loss', 0],
  ['autoSubmitted', 'loss', 'loss', 0],
  ['returnPath', 'loss', 'loss', 0],
  ['requireTLS', 'loss', 'loss', 0],
  ['dsn', 'loss', 'loss', 0],
  ['dkim', 'loss', 'loss', 0],
  ['to', 'loss', 'loss', 0],
  ['cc', 'loss', 'loss', 0],
  ['transformed', 'never', 'yes', 0],
  ['messageId', 'never', 'yes', 0],
  ['sendAt', 'yes', 'never', 0],
  ['threading', 'yes', 'yes', 2],
  ['fromName', 'yes', 'yes', 1],
  ['xHeaders', 'yes', 'yes', 1],
  ['moreXHeaders', 'yes', 'yes', 1],
  ['customHeaders', 'yes', 'yes', 1],
  ['listHeaders', 'yes', 'yes', 1],
  ['ownMessageId', 'yes', 'yes', 1],
];

function trait<F extends Trait['feature']>(feature: F): { feature: F; detail: string } {
  return { feature, detail: `detail of ${feature}` };
}

describe('which format carries what', () => {
  test('the table has every feature', () => {
    expect(TABLE.map(([feature]) => feature).sort()).toEqual(Object.keys(CARRIAGE).sort());
  });

  test.each(TABLE.flatMap(([feature, json, mime]) => [[feature, 'json', json] as const, [feature, 'mime', mime] as const]))(
    '%s in %s: %s',
    (feature, format, carriage) => {
      const expected = carriage === 'never' ? undefined : carriage === 'yes' ? [] : [trait(feature)];
      expect(lossesIn(format, [trait(feature)])).toEqual(expected);
    },
  );
});

describe('lossesIn', () => {
  test('without traits nothing is lost', () => {
    expect(lossesIn('json', [])).toEqual([]);
    expect(lossesIn('mime', [])).toEqual([]);
  });

  test('losses keep the order of the traits, and each stays', () => {
    const traits = [trait('date'), trait('from'), trait('text'), trait('date')];
    expect(lossesIn('json', traits)).toEqual([trait('date'), trait('text'), trait('date')]);
  });

  test('one trait is enough to rule a format out', () => {
    expect(lossesIn('json', [trait('text'), trait('transformed')])).toBeUndefined();
    expect(lossesIn('mime', [trait('from'), trait('transformed')])).toEqual([trait('from')]);
  });
});

describe('weigh', () => {
  test('nothing weighs nothing', () => {
    expect(weigh([])).toBe(0);
  });

  test.each(
    TABLE.filter(([, json, mime]) => json !== 'never' && mime !== 'never').map(([feature, , , weight]) => [feature, weight] as const),
  )('%s weighs %i', (feature, weight) => {
    expect(weigh([trait(feature) as { feature: Exclude<typeof feature, 'transformed' | 'messageId' | 'sendAt'>; detail: string }])).toBe(
      weight,
    );
  });

  test('weights add up; a feature lost twice counts once', () => {
    expect(weigh([trait('text'), trait('headers'), trait('icalEvent'), trait('headers')])).toBe(2 + 1 + 8);
  });
});

describe('what was measured on a tenant', () => {
  test('without it the table is what is claimed', () => {
    expect(carriageOn(undefined)).toBe(CARRIAGE);
  });

  test('the table is made once for the same facts', () => {
    const facts = { text: { mime: 'loss' } } as const;
    expect(carriageOn(facts)).toBe(carriageOn(facts));
  });

  test('takes the place of what is claimed, where it was measured', () => {
    const table = carriageOn({ text: { json: 'yes', mime: 'loss' }, fromName: { json: 'loss' } });
    const traits = [trait('text'), trait('fromName'), trait('icalEvent')];
    expect(lossesIn('json', traits, table)).toEqual([trait('fromName'), trait('icalEvent')]);
    expect(lossesIn('mime', traits, table)).toEqual([trait('text')]);
  });

  test('a draft with attachments added loses what was measured there, and what MIME loses is told once', () => {
    const traits = [trait('text'), trait('icalEvent'), trait('threading')];
    const table = carriageOn({ text: { mime: 'yes', mimeDraft: 'loss' }, icalEvent: { mime: 'loss' }, threading: { mimeDraft: 'yes' } });
    expect(lossesOfMimeDraft(traits, table)).toEqual([trait('text')]);
    expect(lossesOfMimeDraft(traits, CARRIAGE)).toEqual([]);
  });

  test('nothing makes a format carry what it must not', () => {
    expect(lossesIn('json', [trait('transformed')], carriageOn({ text: { json: 'yes' } }))).toBeUndefined();
  });
});
