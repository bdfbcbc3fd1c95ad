import { extendedProperty } from '../../lib/encode/extended-properties.js';

describe('headers with a MAPI property of their own', () => {
  test.each([
    ['In-Reply-To', 'String 0x1042'],
    ['References', 'String 0x1039'],
    ['List-Help', 'String 0x1043'],
    ['List-Subscribe', 'String 0x1044'],
    ['List-Unsubscribe', 'String 0x1045'],
  ])('%s is %s, whatever its case', (name, id) => {
    expect(extendedProperty({ name, value: '<value>' })).toEqual({ id, value: '<value>' });
    expect(extendedProperty({ name: name.toUpperCase(), value: '<value>' })).toEqual({ id, value: '<value>' });
  });

  test.each([
    ['normal', '0'],
    ['Personal', '1'],
    ['Private', '2'],
    ['Company-Confidential', '3'],
    [' private ', '2'],
  ])('Sensitivity: %s is the number %s', (value, number) => {
    expect(extendedProperty({ name: 'Sensitivity', value })).toEqual({ id: 'Integer 0x0036', value: number });
  });

  test.each(['secret', '', 'constructor'])('Sensitivity: %j has no property', (value) => {
    expect(extendedProperty({ name: 'sensitivity', value })).toBeUndefined();
  });

  test('Content-Class is written by Exchange alone', () => {
    expect(extendedProperty({ name: 'Content-Class', value: 'urn:content-classes:message' })).toBeUndefined();
  });
});

describe('any other header is a named property in the namespace of internet headers', () => {
  test.each(['List-Unsubscribe-Post', 'Precedence', 'X-Campaign', 'Auto-Submitted', 'Constructor', '__proto__'])(
    '%s keeps its spelling and its value',
    (name) => {
      expect(extendedProperty({ name, value: 'a value' })).toEqual({
        id: `String {00020386-0000-0000-C000-000000000046} Name ${name}`,
        value: 'a value',
      });
    },
  );
});
