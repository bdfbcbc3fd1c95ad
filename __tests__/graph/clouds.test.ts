import { CLOUDS, isLoopback } from '../../lib/graph/clouds.js';

test.each([
  ['global', 'https://graph.microsoft.com', 'https://login.microsoftonline.com'],
  ['usgov', 'https://graph.microsoft.us', 'https://login.microsoftonline.us'],
  ['usgov-dod', 'https://dod-graph.microsoft.us', 'https://login.microsoftonline.us'],
  ['china', 'https://microsoftgraph.chinacloudapi.cn', 'https://login.chinacloudapi.cn'],
  ['bleu', 'https://graph.svc.sovcloud.fr', 'https://login.sovcloud-identity.fr'],
  ['delos', 'https://graph.svc.sovcloud.de', 'https://login.sovcloud-identity.de'],
] as const)('%s is at %s and signs in at %s', (cloud, graphEndpoint, authorityHost) => {
  expect(CLOUDS[cloud]).toEqual({ graphEndpoint, authorityHost });
});

test('there are no other clouds', () => {
  expect(Object.keys(CLOUDS)).toEqual(['global', 'usgov', 'usgov-dod', 'china', 'bleu', 'delos']);
});

describe('isLoopback', () => {
  test.each(['localhost', '127.0.0.1', '127.1.2.3', '[::1]'])('%s is this machine', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  test.each([
    'example.com',
    'localhost.example.com',
    '127.0.0.1.example.com',
    '10.0.0.1',
    '0.0.0.0',
    '[::2]',
    '128.0.0.1',
    'x127.0.0.1',
    '',
  ])('%j is not', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});
