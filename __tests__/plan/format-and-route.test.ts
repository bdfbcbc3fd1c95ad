import fc from 'fast-check';
import { describeLosses, lossError, planFormat, planUploads, routeLosses } from '../../lib/plan/format-and-route.js';
import type { Trait } from '../../lib/message/outgoing-message.js';
import { base64Length, REQUEST_LIMIT, UPLOAD_SESSION_FROM } from '../../lib/prepared/limits.js';
import type { Loss } from '../../lib/prepared/loss.js';

function traits(...features: Trait['feature'][]): Trait[] {
  return features.map((feature) => ({ feature, detail: 'detail' }));
}

function losses(...features: Loss['feature'][]): Loss[] {
  return features.map((feature) => ({ feature, detail: 'detail' }));
}

describe("format: 'auto' takes the format that loses less", () => {
  test.each<[string, Trait['feature'][], 'json' | 'mime', Loss['feature'][]]>([
    ['a plain message: JSON', [], 'json', []],
    ['text and html: MIME', ['text'], 'mime', []],
    ['an invitation: MIME', ['icalEvent'], 'mime', []],
    ['a ready-made message: MIME', ['raw'], 'mime', []],
    ['a From other than the mailbox: JSON', ['from'], 'json', []],
    ['no copy in Sent Items: JSON', ['saveToSentItems'], 'json', []],
    ['text and html from another address: JSON, losing the text', ['text', 'from'], 'json', ['text']],
    ['text and html without a copy: JSON, losing the text', ['text', 'saveToSentItems'], 'json', ['text']],
    ['an invitation from another address: MIME, losing From', ['icalEvent', 'from'], 'mime', ['from']],
    [
      'an invitation from another address without a copy: MIME, losing both',
      ['icalEvent', 'from', 'saveToSentItems'],
      'mime',
      ['from', 'saveToSentItems'],
    ],
    ['a tie of 1+1+1 and 3: JSON', ['date', 'headers', 'rfc822', 'saveToSentItems'], 'json', ['date', 'headers', 'rfc822']],
    [
      'repeated losses of one kind count once: JSON',
      ['headers', 'headers', 'headers', 'headers', 'saveToSentItems'],
      'json',
      ['headers', 'headers', 'headers', 'headers'],
    ],
    ['what both lose does not decide: JSON', ['dkim', 'returnPath', 'sender'], 'json', ['dkim', 'returnPath', 'sender']],
    ['what both lose is told in MIME, too', ['text', 'dkim'], 'mime', ['dkim']],
    [
      'transformed by a plugin: MIME, whatever it costs',
      ['transformed', 'from', 'saveToSentItems', 'graph.message'],
      'mime',
      ['from', 'saveToSentItems', 'graph.message'],
    ],
  ])('%s', (_what, features, format, lost) => {
    expect(planFormat({ traits: traits(...features), losses: [], format: 'auto' })).toEqual({ format, losses: losses(...lost) });
  });
});

describe('a format that is asked for is taken', () => {
  test('JSON, with its losses', () => {
    expect(planFormat({ traits: traits('text', 'icalEvent', 'from'), losses: [], format: 'json' })).toEqual({
      format: 'json',
      losses: losses('text', 'icalEvent'),
    });
  });

  test('MIME, with its losses', () => {
    expect(planFormat({ traits: traits('text', 'from', 'saveToSentItems'), losses: [], format: 'mime' })).toEqual({
      format: 'mime',
      losses: losses('from', 'saveToSentItems'),
    });
  });

  test('but never JSON for a message a plugin transformed', () => {
    expect(() => planFormat({ traits: traits('transformed'), losses: [], format: 'json' })).toThrow(
      expect.objectContaining({ code: 'EMESSAGE', permanent: true, message: expect.stringContaining('clear text') }),
    );
  });
});

test('losses no format avoids come first', () => {
  const plan = planFormat({ traits: traits('text'), losses: losses('to', 'dkim'), format: 'json' });
  expect(plan.losses).toEqual(losses('to', 'dkim', 'text'));
});

test('auto never loses more than either format asked for', () => {
  const feature = fc.constantFrom<Trait['feature']>(
    'text',
    'icalEvent',
    'from',
    'saveToSentItems',
    'graph.message',
    'date',
    'headers',
    'rfc822',
    'raw',
    'dkim',
  );
  const weightOf = {
    text: 2,
    icalEvent: 8,
    from: 4,
    saveToSentItems: 3,
    'graph.message': 4,
    date: 1,
    headers: 1,
    rfc822: 1,
    raw: 8,
  } as Record<string, number>;
  const weight = (list: readonly Loss[]) =>
    [...new Set(list.map((loss) => loss.feature))].reduce((sum, name) => sum + (weightOf[name] ?? 0), 0);
  fc.assert(
    fc.property(fc.array(feature), (features) => {
      const plan = (format: 'auto' | 'json' | 'mime') => planFormat({ traits: traits(...features), losses: [], format });
      const [json, mime, auto] = [weight(plan('json').losses), weight(plan('mime').losses), plan('auto')];
      expect(weight(auto.losses)).toBe(Math.min(json, mime));
      expect(auto.format).toBe(mime < json ? 'mime' : 'json');
    }),
  );
});

describe('routeLosses', () => {
  test.each([
    ['sendMail', true, []],
    ['sendMail', false, []],
    ['draft', true, []],
    ['draft', false, ['saveToSentItems']],
  ] as const)('%s with saveToSentItems: %s adds %j', (route, save, added) => {
    expect(routeLosses(losses('text'), route, save).map(({ feature }) => feature)).toEqual(['text', ...added]);
  });

  test('it is told once', () => {
    expect(routeLosses(losses('saveToSentItems'), 'draft', false)).toEqual(losses('saveToSentItems'));
  });
});

describe('planUploads', () => {
  test('the limits are 4 MiB for a request and 3 MiB for the smallest upload session', () => {
    expect(REQUEST_LIMIT).toBe(4_194_304);
    expect(UPLOAD_SESSION_FROM).toBe(3_145_728);
  });

  test.each<[string, number, number[], number[] | undefined]>([
    ['no attachment', 100, [], []],
    ['everything fits', 10, [20, 30, 40], []],
    ['everything fits exactly', 10, [40, 50], []],
    ['one byte too much: the largest goes', 11, [40, 50], [1]],
    ['only the largest goes where that is enough', 10, [30, 90, 30], [1]],
    ['two go where one is not enough', 10, [60, 70, 80], [1, 2]],
    ['in the order of the message', 10, [80, 20, 90], [0, 2]],
    ['of two of the same size the first', 0, [60, 60], [0]],
    ['all go', 100, [1, 2], [0, 1]],
    ['the rest alone is too large', 101, [1, 2], undefined],
    ['the rest alone is too large, without attachments', 101, [], undefined],
  ])('%s', (_what, rest, sizes, expected) => {
    expect(planUploads(rest, sizes, 100)).toEqual(expected);
  });

  test('what stays fits, what goes is never smaller than what stays, and one less would not fit', () => {
    const size = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 120 }), fc.array(size, { maxLength: 8 }), (rest, sizes) => {
        const uploads = planUploads(rest, sizes, 100);
        if (!uploads) {
          expect(rest).toBeGreaterThan(100);
          return;
        }
        const staying = sizes.filter((_, index) => !uploads.includes(index));
        const total = staying.reduce((sum, one) => sum + one, rest);
        expect(total).toBeLessThanOrEqual(100);
        const going = uploads.map((index) => sizes[index] ?? 0);
        expect(Math.min(...going)).toBeGreaterThanOrEqual(Math.max(...staying, 0));
        if (going.length > 0) expect(total + Math.min(...going)).toBeGreaterThan(100);
      }),
    );
  });
});

test('base64Length is the length base64 has', () => {
  fc.assert(
    fc.property(fc.nat(500), (bytes) => {
      expect(base64Length(bytes)).toBe(Buffer.alloc(bytes).toString('base64').length);
    }),
  );
});

describe('lossError', () => {
  test('says what would be lost, in which format and route, and that nothing was sent', () => {
    const error = lossError(
      [
        { feature: 'text', detail: 'Exchange makes its own' },
        { feature: 'date', detail: 'Exchange sets it' },
      ],
      { format: 'json', route: 'sendMail' },
    );
    expect(error).toMatchObject({ code: 'EMESSAGE', permanent: true, ambiguous: false, hint: expect.stringContaining('onLoss') });
    expect(error.message).toMatch(
      /format 'json', route 'sendMail'.*text \(Exchange makes its own\); date \(Exchange sets it\)\. Nothing was sent/,
    );
  });

  test('describeLosses of nothing is empty', () => {
    expect(describeLosses([])).toBe('');
  });
});
