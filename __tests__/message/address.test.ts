import { addressKey, uniqueAddresses } from '../../lib/message/address.js';

describe('addressKey', () => {
  test.each([
    ['case of the local part', 'Reader@example.com', 'reader@example.com'],
    ['case of the domain', 'reader@EXAMPLE.com', 'reader@example.com'],
    ['an international domain and its punycode', 'reader@bücher.example.com', 'reader@xn--bcher-kva.example.com'],
    ['case of an international domain', 'reader@BÜCHER.example.com', 'reader@bücher.example.com'],
    ['composed and decomposed letters of a domain', 'reader@b\u00fccher.example.com', 'reader@bu\u0308cher.example.com'],
  ])('two spellings are one mailbox: %s', (_what, a, b) => {
    expect(addressKey(a)).toBe(addressKey(b));
  });

  test.each([
    ['another local part', 'reader@example.com', 'writer@example.com'],
    ['another domain', 'reader@example.com', 'reader@contoso.com'],
    ['a plus tag', 'reader@example.com', 'reader+news@example.com'],
    ['a dot', 'reader@example.com', 'read.er@example.com'],
    ['a subdomain', 'reader@example.com', 'reader@mail.example.com'],
    ['a quoted at sign', '"reader@contoso.com"@example.com', 'reader@example.com'],
  ])('two mailboxes stay two: %s', (_what, a, b) => {
    expect(addressKey(a)).not.toBe(addressKey(b));
  });

  test('a domain that cannot be written in ASCII is compared as it is', () => {
    expect(addressKey('Reader@[192.0.2.1]')).toBe('reader@[192.0.2.1]');
    expect(addressKey('reader@exa mple.com')).toBe('reader@exa mple.com');
  });

  test('a domain that is ASCII already is compared as it is written, without case', () => {
    // not what IDNA would make of it
    expect(addressKey('reader@EXA_mple..com')).toBe('reader@exa_mple..com');
    expect(addressKey('reader@192.168.1')).toBe('reader@192.168.1');
    expect(addressKey('@Example.com')).toBe('@example.com');
  });

  test('something without an at sign is compared without case', () => {
    expect(addressKey('Postmaster')).toBe('postmaster');
  });
});

describe('uniqueAddresses', () => {
  test('of several spellings the first stays, with its name', () => {
    expect(
      uniqueAddresses([
        { address: 'Reader@example.com', name: 'Reader' },
        { address: 'reader@EXAMPLE.com', name: '' },
        { address: 'writer@example.com', name: 'Writer' },
      ]),
    ).toEqual([
      { address: 'Reader@example.com', name: 'Reader' },
      { address: 'writer@example.com', name: 'Writer' },
    ]);
  });

  test('an entry without an address is nobody', () => {
    expect(uniqueAddresses([{ address: '', name: 'Reader' }])).toEqual([]);
  });
});
