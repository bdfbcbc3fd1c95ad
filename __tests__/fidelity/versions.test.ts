import { loadTransport } from '../support/load-transport.js';
import { nodemailerVersions } from '../support/nodemailer-versions.js';
import { attachmentCases } from './cases/attachments.js';
import { accessCases, bodyCases, eventAccessCases } from './cases/bodies.js';
import { calendarCases, eventSourceCases } from './cases/calendar.js';
import { headerCases } from './cases/headers.js';
import { pluginCases } from './cases/plugins.js';
import { rawCases } from './cases/raw.js';
import { addressInjectionCases, recipientCases } from './cases/recipients.js';
import { startHarness, testCases, type FidelityCase, type Harness } from './harness.js';

/** One of so many: all of them in every version take minutes. */
const every = (nth: number, cases: FidelityCase[]): FidelityCase[] => cases.filter((_, index) => index % nth === 0);

const reduced = [
  ...every(2, recipientCases),
  ...every(4, headerCases),
  ...every(5, bodyCases),
  ...every(3, attachmentCases),
  ...every(2, calendarCases),
  ...every(2, rawCases),
  ...every(2, pluginCases),
];

describe.each(nodemailerVersions)('with Nodemailer %s', (version, nodemailer) => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ nodemailer, transport: loadTransport(version) });
  });
  afterAll(() => harness.close());

  describe('messages arrive as over SMTP', () => testCases([...reduced, ...eventSourceCases], () => harness, { share: 1 / 20 }));

  describe('closed files and URLs stay closed', () => {
    testCases(accessCases, () => harness, { formats: ['auto', 'mime'], share: 1 / 2 });
    if (version !== '7') testCases(eventAccessCases, () => harness, { formats: ['auto', 'mime'], share: 1 / 2 });
  });

  if (version === '7' || version === '8') {
    it('a line break in an address adds no recipient', async () => {
      const [injection] = addressInjectionCases;
      if (!injection) throw new Error('no such case');
      await harness.refusal(injection, 'auto');
      expect(harness.sandbox.messages.flatMap(({ recipients }) => recipients)).toEqual(['"reader@example.com rcpt to: thief"@example.com']);
    });
  } else testCases(addressInjectionCases, () => harness);
});
