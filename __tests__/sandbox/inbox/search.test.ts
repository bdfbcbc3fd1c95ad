import { matches, type Searchable } from '../../../lib/sandbox/inbox/search/matches.js';
import { MOST_QUERY, parseQuery } from '../../../lib/sandbox/inbox/search/parse-query.js';

const now = Date.UTC(2026, 10, 25, 12);
const entry: Searchable = {
  kind: 'message',
  ids: ['AAkA1', '<m1@contoso.com>'],
  from: [{ address: 'noreply@contoso.com', name: 'Contoso' }],
  to: [{ address: 'Reader@Example.com', name: 'Räder' }],
  cc: [],
  bcc: [{ address: 'audit@contoso.com', name: '' }],
  subject: 'Welcome to the Club',
  bodies: ['Please confirm at https://contoso.com/confirm?x=1'],
  attachments: [{ name: 'logo.PNG', contentType: 'image/png' }],
  hasHtml: true,
  hasText: false,
  hasPlan: true,
  losses: ['text', 'date'],
  statuses: [429, 202],
  codes: ['ApplicationThrottled'],
  format: 'json',
  route: 'sendMail',
  mailbox: 'noreply@contoso.com',
  operations: ['sendMail'],
  at: now - 60_000,
  size: 2048,
  read: false,
  sent: true,
  repeats: 1,
  faulted: true,
  duplicate: false,
  importance: 'high',
};

describe('a query', () => {
  it.each([
    ['welcome', true],
    ['WELCOME club', true],
    ['goodbye', false],
    ['-goodbye', true],
    ['-welcome', false],
    ['from:contoso', true],
    ['from:reader', false],
    ['to:reader', true],
    ['to:räder', true],
    ['cc:reader', false],
    ['bcc:audit', true],
    ['subject:"to the club"', true],
    ['subject:"the to club"', false],
    ['body:confirm', true],
    ['body:welcome', false],
    // a word with a colon that is no operator
    ['https://contoso.com/confirm', true],
    ['has:attachment', true],
    ['has:attachments', true],
    ['has:image', true],
    ['has:html', true],
    ['has:text', false],
    ['has:cc', false],
    ['has:bcc', true],
    ['has:loss', true],
    ['has:plan', true],
    ['has:fault', true],
    ['loss:text', true],
    ['loss:tex', false],
    ['loss:any', true],
    ['loss:none', false],
    ['status:429', true],
    ['status:4xx', true],
    ['status:503,202', true],
    ['status:5xx', false],
    ['code:throttled', true],
    ['format:json', true],
    ['format:mime', false],
    ['route:sendmail', true],
    ['route:sendMail', true],
    ['route:draft', false],
    ['mailbox:noreply', true],
    ['operation:sendmail', true],
    ['before:2026-11-25T12:00:00Z', true],
    ['before:2026-11-25', false],
    ['after:2026-11-25', true],
    ['after:2m', true],
    ['after:30s', false],
    ['larger:1k', true],
    ['larger:2k', false],
    ['smaller:1.5M', true],
    ['smaller:2048', false],
    ['is:unread', true],
    ['is:read', false],
    ['is:message', true],
    ['is:refused', false],
    ['is:sent', true],
    ['is:retried', true],
    ['is:faulted', true],
    ['is:duplicate', false],
    ['is:urgent', true],
    ['is:high', true],
    ['id:m1@contoso', true],
    ['logo.png', true],
    ['throttled', true],
    ['subject:welcome -to:zebra has:attachment loss:text status:429', true],
    ['subject:welcome -to:reader', false],
    ['', true],
    ['"', true],
    ['.*', false],
  ])('%j fits: %s', (text, expected) => {
    const query = parseQuery(text, now);
    expect(query.errors).toEqual([]);
    expect(matches(query, entry)).toBe(expected);
  });

  it.each([
    ['before:tomorrow', /'before:' wants a time/],
    ['after:12', /'after:' wants a time/],
    ['larger:big', /'larger:' wants a size/],
    ['status:many', /'status:' wants a status/],
    ['has:everything', /'has:' knows attachment, /],
    ['is:nice', /'is:' knows unread, /],
    ['format:xml', /'format:' knows json, mime/],
    ['route:pigeon', /'route:' knows sendMail and draft/],
    ['subject:', /'subject:' wants a value/],
    ['a'.repeat(MOST_QUERY + 1), /at most 500 characters/],
  ])('%j is told to make no sense', (text, error) => {
    expect(parseQuery(text, now).errors).toEqual([expect.stringMatching(error)]);
  });

  it('reads a long hostile text in no time', () => {
    const text = `${'-"'.repeat(200)}${':'.repeat(90)}`;
    expect(parseQuery(text, now).errors).toEqual([]);
  });
});
