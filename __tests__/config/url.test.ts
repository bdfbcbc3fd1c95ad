import { join } from 'node:path';
import fc from 'fast-check';
import nodemailer from 'nodemailer';
import { optionsFromUrl } from '../../lib/config/url.js';
import { graphTransport, GraphTransport, mailTransport } from '../../lib/index.js';
import { readOptions } from '../../lib/config/read-options.js';

const tenantId = '7b1d5a3e-0c52-4e9a-9f6e-2f3a1c9d8e70';
const clientId = 'c0ffee00-5a4d-4b0c-8a11-0a1b2c3d4e5f';
const url = (secret: string, tail = '/noreply@contoso.com') => `msgraph://${clientId}:${secret}@${tenantId}${tail}`;

test('reads app, secret, tenant, mailbox and options', () => {
  const settings = readOptions(
    url('s', '/noreply@contoso.com?saveToSentItems=false&format=mime&retries=5&cloud=usgov&secretExpires=2030-01-31'),
  );
  expect(settings).toMatchObject({
    signIn: { kind: 'secret', tenantId, clientId, clientSecret: 's' },
    mailbox: 'noreply@contoso.com',
    saveToSentItems: false,
    format: 'mime',
    retries: 5,
    hosts: { graphEndpoint: 'https://graph.microsoft.us' },
    secretExpires: new Date('2030-01-31'),
  });
});

test.each(['', '/'])('reads a URL without a mailbox, ending in "%s"', (tail) => {
  expect(readOptions(url('s', tail)).mailbox).toBeUndefined();
});

test('reads a domain as the tenant, whatever the case', () => {
  expect(optionsFromUrl(`MSGraph://${clientId}:s@Contoso.onmicrosoft.com`)).toMatchObject({ tenantId: 'Contoso.onmicrosoft.com' });
});

test.each(['a~b', 'a/b', 'a#b', 'a@b', 'a:b', 'a%b', 'a+b', 'a?b', 'a&b=c', '%41', 'ümläut', 'a b'])(
  'takes the percent-encoded secret %s as it is',
  (secret) => {
    expect(optionsFromUrl(url(encodeURIComponent(secret)))).toMatchObject({ clientSecret: secret });
  },
);

test('takes any percent-encoded secret as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii', minLength: 1 }), (secret) => {
      expect(optionsFromUrl(url(encodeURIComponent(secret)))['clientSecret']).toBe(secret);
    }),
  );
});

test.each(['a~b', 'a:b', 'a+b', 'a=b', 'a.b-c_d!e*f'])('takes the secret %s without encoding, too', (secret) => {
  expect(optionsFromUrl(url(secret))).toMatchObject({ clientSecret: secret });
});

const GEHEIM = 'GEHEIM';
test.each([
  ['a slash', `${GEHEIM}/${GEHEIM}`],
  ['a hash', `${GEHEIM}#${GEHEIM}`],
  ['a question mark', `${GEHEIM}?${GEHEIM}`],
  ['an @', `${GEHEIM}@${GEHEIM}`],
  ['an @ and a slash', `${GEHEIM}@${GEHEIM}/${GEHEIM}`],
  ['an @, a slash and a question mark', `x@${tenantId}/${GEHEIM}?${GEHEIM}=${GEHEIM}`],
  ['a percent sign', `${GEHEIM}%${GEHEIM}`],
  ['a percent sign at the end', `${GEHEIM}%`],
])('a secret with %s that is not encoded is refused, and not shown', (_, secret) => {
  for (const tail of ['/noreply@contoso.com', '', '/noreply@contoso.com?format=json']) {
    let thrown: unknown;
    try {
      readOptions(url(secret, tail));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'ECONFIG', message: expect.stringContaining('percent-encoded') });
    expect(allOf(thrown)).not.toContain(GEHEIM);
  }
});

test.each([
  ['no secret', `msgraph://${clientId}@${tenantId}/noreply@contoso.com`],
  ['no tenant', `msgraph://${clientId}:${GEHEIM}`],
  ['nothing', 'msgraph:'],
  ['no slashes', `msgraph:${clientId}:${GEHEIM}@${tenantId}`],
  ['an empty secret', `msgraph://${clientId}:@${tenantId}`],
  ['a tenant that is none', `msgraph://${clientId}:${GEHEIM}@tenant`],
  ['tenant and secret mixed up', `msgraph://${clientId}:${tenantId}@${GEHEIM}~x`],
  ['a mailbox that is none', url(GEHEIM, '/noreply')],
  ['a path behind the mailbox', url(GEHEIM, '/noreply@contoso.com/messages')],
  ['an unknown option', url(GEHEIM, `/?${GEHEIM}=1`)],
  ['an option in a wrong case', url(GEHEIM, '/?savetosentitems=false')],
  ['a wrong value', url(GEHEIM, '/?saveToSentItems=perhaps')],
  ['a wrong number', url(GEHEIM, '/?retries=-1')],
  ['a wrong format', url(GEHEIM, '/?format=xml')],
  ["mailbox 'me'", url(GEHEIM, '/me')],
  ['a proxy that is none', url(GEHEIM, `/?proxy=${GEHEIM}`)],
])('a URL with %s is refused as ECONFIG, and shows no secret', (_, text) => {
  let thrown: unknown;
  try {
    readOptions(text);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code: 'ECONFIG', permanent: true });
  expect(allOf(thrown)).not.toContain(GEHEIM);
});

test('suggests the spelling of an option', () => {
  expect(() => optionsFromUrl(url('s', '/?savetosentitems=false'))).toThrow(/did you mean "saveToSentItems"\?/);
});

test('every option a URL may set is one the transport knows', () => {
  const values: Record<string, string> = {
    saveToSentItems: 'true',
    format: 'json',
    route: 'draft',
    onLoss: 'error',
    tenantFacts: join(__dirname, 'facts.json'),
    proxy: 'http://proxy.contoso.com:8080',
    secretExpires: '2030-01-31',
    maxConnections: '2',
    rateLimit: '5',
    ratePer: 'mailbox',
    rateDelta: '1000',
    maxRecipients: '10',
    retries: '1',
    maxRetryDelay: '1',
    connectionTimeout: '1',
    socketTimeout: '1',
    requestTimeout: '1',
    logger: 'false',
    component: 'mail',
  };
  const listed = listedParameters();
  for (const name of ['cloud', 'graphEndpoint', 'authorityHost']) expect(listed).toContain(name);
  expect(listed.filter((name) => !['cloud', 'graphEndpoint', 'authorityHost'].includes(name)).sort()).toEqual(Object.keys(values).sort());
  const query = new URLSearchParams(values);
  expect(() => readOptions(url('s', `/?${query.toString()}&cloud=china`))).not.toThrow();
  const hosts = new URLSearchParams({ graphEndpoint: 'https://graph.contoso.com', authorityHost: 'https://login.contoso.com' });
  expect(readOptions(url('s', `/?${hosts.toString()}`)).hosts).toEqual(Object.fromEntries(hosts));
});

describe('mailTransport()', () => {
  test.each(['smtp://localhost:1025', 'smtps://user:pass@mail.contoso.com'])('hands %s on to Nodemailer', (smtp) => {
    expect(mailTransport(smtp)).toBe(smtp);
    expect(nodemailer.createTransport(mailTransport(smtp)).transporter.name).toBe('SMTP');
  });

  test('makes a transport of a msgraph: URL', () => {
    const transport = mailTransport(url('s'));
    expect(transport).toBeInstanceOf(GraphTransport);
    expect(nodemailer.createTransport(transport as GraphTransport).transporter).toBe(transport);
    (transport as GraphTransport).close();
    graphTransport(url('s')).close();
  });

  test.each(['', 'http://user:GEHEIM@contoso.com', 'GEHEIM', undefined as never, 'user:GEHEIM@contoso.com'])(
    'refuses %j without showing it',
    (text) => {
      let thrown: unknown;
      try {
        mailTransport(text);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toMatchObject({ code: 'ECONFIG', message: expect.stringContaining('msgraph:') });
      expect(allOf(thrown)).not.toContain(GEHEIM);
    },
  );
});

/** Everything an app could log of an error. */
function allOf(error: unknown): string {
  const { message, stack, ...rest } = error as Error;
  return JSON.stringify([message, stack, rest]);
}

function listedParameters(): string[] {
  try {
    optionsFromUrl(url('s', '/?nothing=1'));
  } catch (error) {
    return /known are (.*)\. See/.exec((error as Error).message)?.[1]?.split(', ') ?? [];
  }
  throw new Error('not reached');
}
