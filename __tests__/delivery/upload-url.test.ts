import { readUploadUrl } from '../../lib/delivery/upload.js';

const GRAPH = 'https://graph.microsoft.com';
const LOCAL = 'https://127.0.0.1:4010';

test.each([
  ['https://outlook.office.com/api/v2.0/AttachmentSessions(1)?authtoken=eyJ', GRAPH],
  ['https://uploads.example.com:8443/1', GRAPH],
  ['https://outlook.office.com/1', LOCAL],
  ['https://127.0.0.1:4012/1', LOCAL],
  ['http://localhost:4012/1', LOCAL],
  ['http://[::1]:4012/1', 'http://localhost:4010'],
])('%s is taken from Graph at %s', (uploadUrl, graphEndpoint) => {
  expect(readUploadUrl({ uploadUrl }, graphEndpoint).href).toBe(uploadUrl);
});

test.each([
  'http://outlook.office.com/1',
  'https://user:password@outlook.office.com/1',
  'https://user@outlook.office.com/1',
  'https://:password@outlook.office.com/1',
  'https://127.0.0.1/1',
  'https://127.1/1',
  'https://2130706433/1',
  'https://0x7f.0.0.1/1',
  'https://localhost/1',
  'https://LOCALHOST./1',
  'https://a.localhost/1',
  'https://0.0.0.0/1',
  'https://[::1]/1',
  'https://[::]/1',
  'https://[::ffff:127.0.0.1]/1',
  'https://[0:0:0:0:0:ffff:7f00:1]/1',
  'file:///etc/passwd',
  'ftp://outlook.office.com/1',
  '/1',
  '',
])('%s is refused from Graph at Microsoft, and not shown', (uploadUrl) => {
  const text = (() => {
    try {
      return readUploadUrl({ uploadUrl }, GRAPH).href;
    } catch (error) {
      expect(error).toMatchObject({ code: 'EGRAPH' });
      return (error as Error).message;
    }
  })();
  expect(text).toMatch(/without a usable uploadUrl; nothing was sent$/);
});

test.each(['https://user:password@127.0.0.1:4012/1', 'ftp://127.0.0.1/1'])('%s is refused from Graph on this machine, too', (uploadUrl) => {
  expect(() => readUploadUrl({ uploadUrl }, LOCAL)).toThrow(/without a usable uploadUrl/);
});

test.each([undefined, null, 'text', {}, { uploadUrl: 7 }, { uploadUrl: ['https://outlook.office.com/1'] }])('%j has none', (body) => {
  expect(() => readUploadUrl(body, GRAPH)).toThrow(/without a usable uploadUrl/);
});
