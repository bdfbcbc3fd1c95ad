import { Readable } from 'node:stream';
import { readSignal, signalOf } from '../../lib/message/signal.js';
import { nodemailerVersions } from '../support/nodemailer-versions.js';
import { useSandbox } from '../support/use-sandbox.js';

const tests = useSandbox();
const { signal } = new AbortController();

test.each([undefined, null, false])('%j is none', (none) => {
  expect(signalOf({ data: { signal: none } })).toBeUndefined();
});

test('whatever has all of it that is used is one: apps have those of polyfills', () => {
  const own = { aborted: false, addEventListener: () => undefined, removeEventListener: () => undefined };
  expect(readSignal(own)).toBe(own);
  expect(readSignal(signal)).toBe(signal);
});

const none = {
  'a text': 'stop',
  'a controller': new AbortController(),
  'what cannot be let go of again': { aborted: false, addEventListener: () => undefined },
  'what does not tell whether it is aborted': { addEventListener: () => undefined, removeEventListener: () => undefined },
  'what cannot be asked': {
    get aborted(): boolean {
      throw new TypeError('Illegal invocation');
    },
  },
};

describe.each(nodemailerVersions)('with Nodemailer %s', (version, nodemailer) => {
  test.each(Object.entries(none))('%s is refused before anything is asked, and the streams are let go of', async (_name, value) => {
    const content = new Readable({ read: () => undefined });
    const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', attachments: [{ filename: 'a.txt', content }] };
    const transport = tests.transport();
    await expect(nodemailer.createTransport(transport).sendMail({ ...mail, signal: value as never })).rejects.toMatchObject({
      // Nodemailer 10 looks at it, too
      code: expect.stringMatching(version === '10' ? /^(EMESSAGE|ECONFIG)$/ : /^EMESSAGE$/),
    });
    expect(content.destroyed).toBe(true);
    expect(transport.pendingCount()).toBe(0);
    expect(tests.sandbox.requests).toEqual([]);
  });
});
