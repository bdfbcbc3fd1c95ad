import fc from 'fast-check';
import { addressKey, type Address } from '../../lib/message/address.js';
import { reconcileRecipients, type HeaderRecipients } from '../../lib/message/recipients.js';

const NOBODY: HeaderRecipients = { to: [], cc: [], bcc: [] };

function named(address: string, name = ''): Address {
  return { address, name };
}

function keys(...lists: readonly (readonly Address[])[]): string[] {
  return lists.flat().map(({ address }) => addressKey(address));
}

test('who had to be taken out is named, and where', () => {
  const named = (...list: string[]) => list.map((address) => ({ address, name: 'Somebody' }));
  expect(
    reconcileRecipients({ to: named('a@example.com', 'b@example.com', 'B@example.com'), cc: named('c@example.com'), bcc: [] }, [
      'a@example.com',
    ]).losses,
  ).toEqual([
    { feature: 'to', detail: 'not in the envelope, so removed from the To header: b@example.com' },
    { feature: 'cc', detail: 'not in the envelope, so removed from the Cc header: c@example.com' },
  ]);
});

describe('envelope and headers name the same recipients', () => {
  test('everybody stays where the headers name them, in order and with display names', () => {
    const headers = {
      to: [named('b@example.com', 'B'), named('a@example.com')],
      cc: [named('c@example.com', 'C, the third')],
      bcc: [named('d@example.com', 'D')],
    };
    expect(reconcileRecipients(headers, ['a@example.com', 'b@example.com', 'c@example.com', 'd@example.com'])).toEqual({
      ...headers,
      losses: [],
      removed: [],
      added: [],
    });
  });

  test('case does not make two mailboxes of one; the header keeps its spelling', () => {
    const { to, bcc, losses } = reconcileRecipients({ ...NOBODY, to: [named('Reader@Example.com', 'Reader')] }, ['reader@example.COM']);
    expect(to).toEqual([named('Reader@Example.com', 'Reader')]);
    expect(bcc).toEqual([]);
    expect(losses).toEqual([]);
  });

  test.each([
    ['punycode in the envelope', 'reader@bücher.example.com', 'reader@xn--bcher-kva.example.com'],
    ['punycode in the header', 'reader@xn--bcher-kva.example.com', 'reader@bücher.example.com'],
  ])('an international domain is one mailbox in both spellings: %s', (_what, header, envelope) => {
    expect(reconcileRecipients({ ...NOBODY, to: [named(header)] }, [envelope])).toEqual({
      to: [named(header)],
      cc: [],
      bcc: [],
      losses: [],
      removed: [],
      added: [],
    });
  });
});

describe('the envelope has more than the headers', () => {
  test('a recipient only in the envelope becomes a Bcc', () => {
    const { to, cc, bcc, losses } = reconcileRecipients({ ...NOBODY, to: [named('a@example.com')] }, ['a@example.com', 'x@example.com']);
    expect({ to, cc, bcc }).toEqual({ to: [named('a@example.com')], cc: [], bcc: [named('x@example.com')] });
    expect(losses).toEqual([]);
  });

  test('without headers everybody is a Bcc', () => {
    expect(reconcileRecipients(NOBODY, ['a@example.com', 'b@example.com'])).toEqual({
      to: [],
      cc: [],
      bcc: [named('a@example.com'), named('b@example.com')],
      losses: [],
      removed: [],
      added: ['a@example.com', 'b@example.com'],
    });
  });

  test('a Bcc keeps the name its header gives', () => {
    const { bcc } = reconcileRecipients({ ...NOBODY, bcc: [named('Hidden@example.com', 'Hidden')] }, ['hidden@example.com']);
    expect(bcc).toEqual([named('Hidden@example.com', 'Hidden')]);
  });
});

describe('the headers have more than the envelope', () => {
  test('who is not in the envelope is taken out of To and Cc, and that is told', () => {
    const { to, cc, bcc, losses } = reconcileRecipients(
      { to: [named('a@example.com'), named('x@example.com', 'X'), named('y@example.com')], cc: [named('z@example.com')], bcc: [] },
      ['a@example.com'],
    );
    expect({ to, cc, bcc }).toEqual({ to: [named('a@example.com')], cc: [], bcc: [] });
    expect(losses).toEqual([
      { feature: 'to', detail: expect.stringContaining('x@example.com, y@example.com') },
      { feature: 'cc', detail: expect.stringContaining('z@example.com') },
    ]);
  });

  test('a Bcc that is not in the envelope gets nothing; nobody would have seen it, so nothing is lost', () => {
    expect(reconcileRecipients({ ...NOBODY, bcc: [named('hidden@example.com')] }, ['a@example.com'])).toEqual({
      to: [],
      cc: [],
      bcc: [named('a@example.com')],
      losses: [],
      removed: [],
      added: ['a@example.com'],
    });
  });
});

test('a redirect to staging reaches staging only', () => {
  const { to, cc, bcc, losses } = reconcileRecipients(
    { to: [named('customer@example.com', 'Customer')], cc: [named('boss@example.com')], bcc: [named('archive@example.com')] },
    ['staging@contoso.com'],
  );
  expect({ to, cc, bcc }).toEqual({ to: [], cc: [], bcc: [named('staging@contoso.com')] });
  expect(losses.map(({ feature }) => feature)).toEqual(['to', 'cc']);
});

describe('somebody is named more than once', () => {
  test('twice in a field is once', () => {
    const { to, cc } = reconcileRecipients(
      {
        to: [named('a@example.com', 'A'), named('A@example.com', 'Also A')],
        cc: [named('c@example.com'), named('c@EXAMPLE.com')],
        bcc: [],
      },
      ['a@example.com', 'c@example.com'],
    );
    expect(to).toEqual([named('a@example.com', 'A')]);
    expect(cc).toEqual([named('c@example.com')]);
  });

  test('visible and hidden is visible', () => {
    const { to, bcc } = reconcileRecipients({ to: [named('a@example.com')], cc: [], bcc: [named('A@example.com')] }, ['a@example.com']);
    expect(to).toEqual([named('a@example.com')]);
    expect(bcc).toEqual([]);
  });

  test('in To and in Cc stays in both, as it was written', () => {
    const { to, cc, bcc } = reconcileRecipients({ to: [named('a@example.com')], cc: [named('a@example.com')], bcc: [] }, ['a@example.com']);
    expect({ to, cc, bcc }).toEqual({ to: [named('a@example.com')], cc: [named('a@example.com')], bcc: [] });
  });

  test('twice in the envelope is once', () => {
    const { bcc } = reconcileRecipients(NOBODY, ['a@example.com', 'A@Example.com']);
    expect(bcc).toEqual([named('a@example.com')]);
  });

  test('removed twice is told once', () => {
    const { losses } = reconcileRecipients({ ...NOBODY, to: [named('x@example.com'), named('X@example.com')] }, ['a@example.com']);
    expect(losses).toEqual([{ feature: 'to', detail: expect.stringMatching(/: x@example\.com$/) }]);
  });
});

test('neither the headers nor the envelope are changed', () => {
  const headers = { to: [named('a@example.com'), named('x@example.com')], cc: [named('x@example.com')], bcc: [named('y@example.com')] };
  const envelope = ['b@example.com', 'a@example.com'];
  const before = structuredClone({ headers, envelope });
  reconcileRecipients(headers, envelope);
  expect({ headers, envelope }).toEqual(before);
});

describe('whatever the headers and the envelope say', () => {
  // few mailboxes in several spellings, so that lists overlap
  const address = fc
    .tuple(
      fc.constantFrom('a', 'A', 'b', 'c', 'd'),
      fc.constantFrom('example.com', 'EXAMPLE.com', 'bücher.example.com', 'xn--bcher-kva.example.com'),
    )
    .map(([local, domain]) => `${local}@${domain}`);
  const addresses = fc.array(fc.record({ address, name: fc.constantFrom('', 'Reader') }), { maxLength: 6 });
  const headers = fc.record({ to: addresses, cc: addresses, bcc: addresses });
  const envelope = fc.array(address, { maxLength: 6 });

  test('To, Cc and Bcc together are exactly the envelope', () => {
    fc.assert(
      fc.property(headers, envelope, (named, wanted) => {
        const { to, cc, bcc } = reconcileRecipients(named, wanted);
        expect(new Set(keys(to, cc, bcc))).toEqual(new Set(wanted.map(addressKey)));
      }),
    );
  });

  test('no field has an address twice, and no Bcc is visible', () => {
    fc.assert(
      fc.property(headers, envelope, (named, wanted) => {
        const { to, cc, bcc } = reconcileRecipients(named, wanted);
        for (const list of [to, cc, bcc]) expect(new Set(keys(list)).size).toBe(list.length);
        const visible = new Set(keys(to, cc));
        expect(keys(bcc).filter((key) => visible.has(key))).toEqual([]);
      }),
    );
  });

  test('nobody becomes visible who was not, and a header changes exactly if a loss says so', () => {
    fc.assert(
      fc.property(headers, envelope, (named, wanted) => {
        const { losses, ...result } = reconcileRecipients(named, wanted);
        for (const field of ['to', 'cc'] as const) {
          const before = new Set(keys(named[field]));
          const after = new Set(keys(result[field]));
          expect([...after].filter((key) => !before.has(key))).toEqual([]);
          expect(losses.filter(({ feature }) => feature === field)).toHaveLength(after.size < before.size ? 1 : 0);
        }
      }),
    );
  });
});
