import { scrollToShow, visibleRows } from '../../../../lib/sandbox/inbox/page/parts/window.js';
import { formatRoute, parseRoute, type Route } from '../../../../lib/sandbox/inbox/page/state/routes.js';

const list: Route = { screen: 'mail', mailbox: null, id: null, isRefused: false, tab: 'preview', q: '' };

describe('routes', () => {
  test.each<[string, Partial<Route>]>([
    ['#/mail', {}],
    ['#/mail/latest', { id: 'latest' }],
    ['#/mail/AAMkAD%3D%2F/timeline', { id: 'AAMkAD=/', tab: 'timeline' }],
    ['#/mail/refused/request-1', { id: 'request-1', isRefused: true }],
    ['#/mail?q=subject%3A%22a+b%22', { q: 'subject:"a b"' }],
    ['#/refused/request-1', { screen: 'refused', id: 'request-1' }],
    ['#/sent/noreply%40contoso.com', { screen: 'sent', mailbox: 'noreply@contoso.com' }],
    ['#/sent/noreply%40contoso.com/AAMk/source', { screen: 'sent', mailbox: 'noreply@contoso.com', id: 'AAMk', tab: 'source' }],
    ['#/requests/r1?q=status%3A429', { screen: 'requests', id: 'r1', q: 'status:429' }],
    ['#/faults', { screen: 'faults' }],
  ])('%s is a place and its address', (hash, change) => {
    const route = { ...list, ...change };
    expect(parseRoute(hash)).toEqual(route);
    expect(formatRoute(route)).toBe(hash);
  });

  test.each(['', '#', '#/', '#/nowhere', '#/mail/%', '#/mail//x'])('%j leads somewhere', (hash) => {
    expect(parseRoute(hash).screen).toBe('mail');
  });

  test('a tab that is not known is the first', () => expect(parseRoute('#/mail/x/nothing').tab).toBe('preview'));
});

describe('windows of a list', () => {
  test.each([
    [0, 540, 54, 1000, { from: 0, to: 18 }],
    [5400, 540, 54, 1000, { from: 92, to: 118 }],
    [53_460, 540, 54, 1000, { from: 982, to: 1000 }],
    // shorter than it was
    [53_460, 540, 54, 3, { from: 0, to: 3 }],
    [-20, 540, 54, 1000, { from: 0, to: 18 }],
    [0, 540, 54, 0, { from: 0, to: 0 }],
  ])('scrolled to %i of %i px', (top, height, row, total, expected) => expect(visibleRows(top, height, row, total)).toEqual(expected));

  test('however long the list, few rows are there', () => {
    const { from, to } = visibleRows(2_700_000, 1080, 54, 100_000);
    expect(to - from).toBeLessThan(50);
  });

  test.each([
    [0, 540, 0],
    [100, 0, 4914],
    [5, 0, 0],
    [5, 400, 270],
  ])('row %i is shown from %i at %i', (index, from, to) => expect(scrollToShow(index, from, 540, 54)).toBe(to));
});
