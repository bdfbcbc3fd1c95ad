import fc from 'fast-check';
import { extendedProperty } from '../../lib/encode/extended-properties.js';
import { distributeHeaders, MAX_INTERNET_HEADERS } from '../../lib/encode/json-headers.js';
import { readHeaders } from '../../lib/message/headers.js';
import type { HeaderField } from '../../lib/message/outgoing-message.js';

const INTERNET_HEADERS = 'String {00020386-0000-0000-C000-000000000046} Name';

function fields(...names: string[]): HeaderField[] {
  return names.map((name, index) => ({ name, value: `value ${index + 1}` }));
}

test('without headers there is nothing to send', () => {
  expect(distributeHeaders([])).toEqual({ internetMessageHeaders: [], singleValueExtendedProperties: [], losses: [] });
});

describe('x- headers', () => {
  test('five are internet message headers, in order and as they are spelled', () => {
    const headers = fields('X-One', 'x-two', 'X-Three', 'X-Four', 'X-FIVE');
    expect(distributeHeaders(headers)).toEqual({ internetMessageHeaders: headers, singleValueExtendedProperties: [], losses: [] });
  });

  test('the sixth is a named property, and nothing is lost', () => {
    const headers = fields('X-One', 'X-Two', 'X-Three', 'X-Four', 'X-Five', 'X-Six', 'X-Seven');
    expect(distributeHeaders(headers)).toEqual({
      internetMessageHeaders: headers.slice(0, 5),
      singleValueExtendedProperties: [
        { id: `${INTERNET_HEADERS} X-Six`, value: 'value 6' },
        { id: `${INTERNET_HEADERS} X-Seven`, value: 'value 7' },
      ],
      losses: [],
    });
  });

  test('those the app set come before those of plugins and of Nodemailer', () => {
    const headers = fields('X-Mailer', 'X-One', 'X-Two', 'X-Three', 'X-Four', 'X-Five');
    const { rest } = readHeaders(headers, new Set(['x-one', 'x-two', 'x-three', 'x-four', 'x-five']));
    const { internetMessageHeaders, singleValueExtendedProperties } = distributeHeaders(rest);
    expect(internetMessageHeaders.map(({ name }) => name)).toEqual(['X-One', 'X-Two', 'X-Three', 'X-Four', 'X-Five']);
    expect(singleValueExtendedProperties).toEqual([{ id: `${INTERNET_HEADERS} X-Mailer`, value: 'value 1' }]);
  });

  test('other headers do not take their places', () => {
    const headers = fields('References', 'X-One', 'Precedence', 'X-Two', 'X-Three', 'X-Four', 'X-Five');
    expect(distributeHeaders(headers).internetMessageHeaders).toHaveLength(5);
  });

  test.each([
    [2, 2],
    [0, 0],
    [-1, 0],
  ])('with room for %i there are %i', (room, expected) => {
    const { internetMessageHeaders, singleValueExtendedProperties } = distributeHeaders(fields('X-One', 'X-Two', 'X-Three'), room);
    expect(internetMessageHeaders).toHaveLength(expected);
    expect(singleValueExtendedProperties).toHaveLength(3 - expected);
  });

  test('a header that only looks like one of them is none', () => {
    expect(distributeHeaders(fields('Xerox', 'MAX-Age')).internetMessageHeaders).toEqual([]);
  });
});

describe('repeated headers', () => {
  test.each(['List-Help', 'List-Subscribe', 'List-Unsubscribe', 'List-Post', 'List-Owner', 'List-Archive'])(
    '%s is joined with commas',
    (name) => {
      const { singleValueExtendedProperties, losses } = distributeHeaders([
        { name, value: '<mailto:list@example.com>' },
        { name: name.toLowerCase(), value: '<https://example.com/list>' },
      ]);
      expect(singleValueExtendedProperties).toEqual([
        expect.objectContaining({ value: '<mailto:list@example.com>, <https://example.com/list>' }),
      ]);
      expect(losses).toEqual([{ feature: 'headers', detail: expect.stringContaining('arrive in one field') }]);
    },
  );

  test.each(['References', 'Precedence', 'List-Unsubscribe-Post'])('of %s only the first is carried, and that is told', (name) => {
    const { singleValueExtendedProperties, losses } = distributeHeaders(fields(name, name.toUpperCase()));
    expect(singleValueExtendedProperties).toEqual([expect.objectContaining({ value: 'value 1' })]);
    expect(losses).toEqual([{ feature: 'headers', detail: expect.stringContaining(name.toUpperCase()) }]);
  });

  test('joining does not change the headers that were given', () => {
    const headers = fields('List-Help', 'List-Help');
    distributeHeaders(headers);
    expect(headers).toEqual(fields('List-Help', 'List-Help'));
  });
});

test('a header no property makes is told, with its value', () => {
  const { singleValueExtendedProperties, losses } = distributeHeaders([{ name: 'Sensitivity', value: 'top-secret' }]);
  expect(singleValueExtendedProperties).toEqual([]);
  expect(losses).toEqual([{ feature: 'headers', detail: expect.stringMatching(/Sensitivity.*top-secret/) }]);
});

test('an empty header is left out: Nodemailer writes none either', () => {
  expect(distributeHeaders([{ name: 'X-Empty', value: '' }])).toEqual({
    internetMessageHeaders: [],
    singleValueExtendedProperties: [],
    losses: [],
  });
});

test('whatever the headers, each is carried or told, and there are never more than five x- headers', () => {
  const name = fc.constantFrom(
    'X-A',
    'x-a',
    'X-B',
    'X-C',
    'X-D',
    'X-E',
    'X-F',
    'References',
    'List-Help',
    'Sensitivity',
    'Content-Class',
    'Foo',
  );
  const value = fc.stringMatching(/^[!-+\--~]{1,8}$/); // without a comma, which joins List- fields
  const room = fc.integer({ min: 0, max: MAX_INTERNET_HEADERS });
  fc.assert(
    fc.property(fc.array(fc.record({ name, value }), { maxLength: 15 }), room, (headers, places) => {
      const { internetMessageHeaders, singleValueExtendedProperties, losses } = distributeHeaders(headers, places);
      expect(internetMessageHeaders.length).toBeLessThanOrEqual(places);
      expect(internetMessageHeaders.filter((header) => !/^x-/i.test(header.name))).toEqual([]);
      const ids = singleValueExtendedProperties.map(({ id }) => id.toLowerCase());
      expect(new Set(ids).size).toBe(ids.length);

      const carried = singleValueExtendedProperties.reduce((sum, { value: text }) => sum + text.split(', ').length, 0);
      const left = losses.filter(({ detail }) => !detail.includes('arrive in one field'));
      expect(internetMessageHeaders.length + carried + left.length).toBe(headers.length);
      for (const header of headers) {
        const property = extendedProperty(header);
        const found =
          internetMessageHeaders.some((one) => one.name === header.name && one.value === header.value) ||
          singleValueExtendedProperties.some(
            ({ id, value: text }) => id.toLowerCase() === property?.id.toLowerCase() && text.split(', ').includes(property.value),
          ) ||
          losses.some(({ detail }) => detail.startsWith(`${header.name} `));
        expect(found).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});
