import { columnsOf, fit } from '../../lib/cli/columns.js';

it.each([
  ['plain', 5],
  ['größer', 6],
  ['e\u0301', 1],
  ['日本語', 6],
  ['한국', 4],
  ['👨‍👩‍👧‍👦', 2],
  ['❤️', 2],
  ['a\u200bb', 2],
  ['', 0],
])('counts the columns of %j', (text, columns) => {
  expect(columnsOf(text)).toBe(columns);
});

it.each([
  ['abc', 5, 'abc  '],
  ['abcdef', 5, 'abcd…'],
  ['日本語', 5, '日本…'],
  ['日本語', 4, '日… '],
  ['👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦', 4, '👨‍👩‍👧‍👦… '],
])('fits %j into %i columns, and cuts no letter in two', (text, columns, fitted) => {
  expect(fit(text, columns)).toBe(fitted);
  expect(columnsOf(fit(text, columns))).toBe(columns);
});
