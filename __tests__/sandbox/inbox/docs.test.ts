import { gunzipSync } from 'node:zlib';
import { pageFiles } from '../../../lib/sandbox/inbox/page-files.js';
import { explain } from '../../../lib/sandbox/inbox/views/explain.js';
import { call, useInbox } from './inbox-client.js';

const inbox = useInbox();
const page = (name: string): string => gunzipSync(Buffer.from(pageFiles[name]?.gzip ?? '', 'base64')).toString();

it.each([
  [403, 'ErrorAccessDenied', ''],
  [401, 'invalid_client', 'AADSTS7000222: expired'],
  [401, 'invalid_client', 'AADSTS7000215: wrong'],
  [400, 'unauthorized_client', 'AADSTS700016: not found'],
  [400, 'invalid_resource', 'AADSTS500011: x'],
  [401, 'InvalidAuthenticationToken', ''],
  [400, 'InvalidInternetMessageHeader', ''],
  [400, 'InvalidInternetMessageHeaderCollection', ''],
  [403, 'ErrorSendAsDenied', ''],
  [404, 'ErrorInvalidUser', ''],
  [404, 'MailboxNotEnabledForRESTAPI', ''],
  [400, 'ErrorInvalidRecipients', ''],
  [400, 'ErrorMessageSizeExceeded', ''],
  [400, 'ErrorAttachmentSizeShouldNotBeLessThanMinimumSize', ''],
  [413, 'RequestEntityTooLarge', ''],
  [400, 'ErrorMimeContentInvalid', ''],
  [429, 'ApplicationThrottled', ''],
  [503, 'ErrorServerBusy', ''],
  [504, undefined, ''],
  [0, undefined, ''],
])('%s %s %s has a remedy and a row in the page on errors', (status, code, message) => {
  const { remedy, docs } = explain(status, code, message);
  expect(remedy).toMatch(/^.{20,}[.;:]?/);
  const anchor = docs?.replace('errors.html#', '') ?? '';
  expect(page('docs/errors.html')).toContain(` id="${anchor}">`);
});

it('an error nobody knows is still told what to do', () => {
  expect(explain(418, 'ErrorTeapot', '')).toEqual({ remedy: expect.stringContaining('Change the request'), docs: null, permanent: true });
});

it('the pages are where the status says, and run nothing', async () => {
  const { docs } = (await inbox.get('status')).body;
  expect(docs).toBe(`${inbox.sandbox.inboxUrl}docs/`);
  for (const name of ['errors.html', 'fidelity.html', 'docs.css']) {
    const { status, headers } = await call(docs + name);
    expect([name, status]).toEqual([name, 200]);
    expect(headers['content-security-policy']).toContain("script-src 'self'");
  }
  expect(page('docs/errors.html')).not.toMatch(/<script|javascript:|\son\w+=/i);
  expect(page('docs/fidelity.html')).toContain('<table>');
});
