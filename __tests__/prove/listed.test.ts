import { Origins, readListed, type Listed } from '../../lib/prove/listed.js';
import { newRun, subjectOf } from '../../lib/prove/marker.js';
import { MAILBOX } from './harness.js';

const run = newRun();
const subject = subjectOf(run, 'json-text');
const one = (given: Partial<Listed>): Listed => ({
  id: 'arrived',
  subject,
  messageId: '<sent@contoso.com>',
  from: MAILBOX,
  isDraft: false,
  isMeeting: false,
  fromOutside: false,
  ...given,
});
const sentCopy = one({ id: 'sent' });
const EXCHANGE = `microsoftexchange${'0'.repeat(32)}@contoso.com`;

describe('a message is the run’s', () => {
  test.each<[string, Partial<Listed>]>([
    ['it arrived from the mailbox', {}],
    ['Exchange gave it another Message-ID', { messageId: '<another@prod.outlook.com>' }],
    ['the mailbox sends as another address than its name', { from: 'mail@contoso.com' }],
    ['it came back as an alias', { from: 'info@contoso.com', messageId: undefined }],
    ['it is a draft', { isDraft: true, from: undefined, messageId: undefined }],
    ['it was a draft', { from: undefined, messageId: undefined }],
    ['it is a report', { subject: `Unzustellbar: ${subject}`, from: EXCHANGE, messageId: '<report@contoso.com>' }],
    ['a room accepts the invitation', { subject: `Accepted: ${subject}`, isMeeting: true, messageId: '<answer@contoso.com>' }],
    ['a personal account calls all mail anonymous', { fromOutside: true }],
  ])('where %s', (_, given) => {
    const origins = new Origins([MAILBOX, 'Info@contoso.com']);
    origins.learn([sentCopy]);
    expect(origins.ownOf([one(given)])).toHaveLength(1);
  });
});

describe('a message is somebody else’s', () => {
  test.each<[string, Partial<Listed>]>([
    ['another wrote that subject', { from: 'outsider@example.com', messageId: '<other@example.com>' }],
    ['another wrote it in the name of the mailbox', { fromOutside: true, messageId: '<other@example.com>' }],
    ['another copied everything', { fromOutside: true, id: 'forged' }],
    ['it is a reply', { subject: `Re: ${subject}` }],
    ['it is a reply of the other side', { subject: `AW: ${subject}`, from: 'reader@example.com' }],
    ['it is forwarded', { subject: `FW: ${subject}`, from: 'reader@example.com' }],
    ['more stands behind the mark', { subject: `${subject} (urgent)` }],
    ['it is only like it', { subject: `[prove ${run} json-text] contract` }],
    ['the report is from outside', { subject: `Undeliverable: ${subject}`, from: EXCHANGE, fromOutside: true }],
    ['another subject', { subject: 'Monthly report' }],
  ])('where %s', (_, given) => {
    const origins = new Origins([MAILBOX]);
    origins.learn([sentCopy]);
    const other = one({ id: 'other', ...given });
    expect(origins.ownOf([other, one({}), sentCopy]).map(({ id }) => id)).toEqual(['arrived', 'sent']);
  });

  test('nothing in Sent Items, and it comes from outside', () => {
    expect(new Origins([MAILBOX]).ownOf([one({ fromOutside: true })])).toEqual([]);
  });
});

test('what Graph lists is read, whatever it is', () => {
  expect(readListed({ id: 'a', subject: null })).toBeUndefined();
  expect(readListed({})).toBeUndefined();
  expect(readListed({ id: 'a', subject: 'b', from: { emailAddress: null }, internetMessageHeaders: [null, { name: 7 }, 'x'] })).toEqual({
    id: 'a',
    subject: 'b',
    messageId: undefined,
    from: undefined,
    isDraft: false,
    isMeeting: false,
    fromOutside: false,
  });
  const headers = [{ name: 'x-ms-exchange-organization-AuthAs', value: ' anonymous ' }];
  expect(
    readListed({ id: 'a', subject: 'b', internetMessageHeaders: headers, '@odata.type': '#microsoft.graph.eventMessageResponse' }),
  ).toMatchObject({ fromOutside: true, isMeeting: true });
});
