import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import nodemailer from 'nodemailer';
import { readOptions } from '../../../lib/config/read-options.js';
import { createHttpClient } from '../../../lib/graph/http.js';
import { graphTransport, type GraphTransport } from '../../../lib/index.js';
import { startSandbox, type Sandbox } from '../../../lib/sandbox/index.js';
import { createFileStore } from '../../../lib/sign-in/person/file-store.js';
import { loginInBrowser, type LoginRequest } from '../../../lib/sign-in/person/interactive-login.js';
import { answerSignInPage } from './browse.js';

export const APP = 'd0d0d0d0-0000-4000-8000-000000000001';
export const PERSONAL_ONLY = 'd0d0d0d0-0000-4000-8000-000000000002';
export const WITHOUT_CONSENT = 'd0d0d0d0-0000-4000-8000-000000000003';
export const SPA = 'd0d0d0d0-0000-4000-8000-000000000004';
export const ME = 'me@outlook.example.com';

/** For the files of one test file. */
export const folder = mkdtempSync(join(tmpdir(), 'login-'));
afterAll(() => rmSync(folder, { recursive: true }));

const transports: GraphTransport[] = [];
afterEach(() => {
  for (const transport of transports.splice(0)) transport.close();
});

/** A sandbox with apps and mailboxes of persons. */
export const start = (options: Parameters<typeof startSandbox>[0] = {}) =>
  startSandbox({
    apps: [
      { clientId: APP, publicClient: true },
      { clientId: PERSONAL_ONLY, publicClient: true, accounts: 'personal' },
      { clientId: WITHOUT_CONSENT, publicClient: true, consent: false },
      { clientId: SPA, publicClient: true, spa: true },
    ],
    mailboxes: [
      'noreply@contoso.com',
      { userPrincipalName: 'team@contoso.com', delegates: ['noreply@contoso.com'] },
      { userPrincipalName: ME, personal: true },
    ],
    ...options,
  });

export const hostsOf = (box: Sandbox) => ({ graphEndpoint: box.graphEndpoint, authorityHost: box.authorityHost, tls: { ca: box.ca } });

/** What a sign-in at a sandbox needs. */
export function at(box: Sandbox, over: Partial<LoginRequest> = {}) {
  const settings = readOptions({ login: true, ...hostsOf(box) }, {});
  const http = createHttpClient({ ...settings, connections: 2 });
  const request: LoginRequest = {
    clientId: APP,
    tenant: 'common',
    scopes: ['Mail.Send'],
    ...settings.hosts,
    store: createFileStore(join(folder, `${randomBytes(6).toString('hex')}.json`)),
    ...over,
  };
  return { request, service: { http, trace: {}, wellKnownAuthority: false }, end: () => http.close(true) };
}

/** Signs somebody in as `login` does, with a person at the page. */
export async function login(box: Sandbox, user: string, over: Partial<LoginRequest> = {}) {
  const { request, service, end } = at(box, over);
  const seen: string[] = [];
  try {
    const account = await loginInBrowser(request, service, (url) => {
      seen.push(url);
      void answerSignInPage(url, box.ca, { user });
    });
    return { account, store: request.store, url: new URL(seen[0] ?? '') };
  } finally {
    await end();
  }
}

/** Sends a mail through a transport with these options. */
export function send(box: Sandbox, options: Record<string, unknown>, message: object = {}) {
  const transport = graphTransport({ ...hostsOf(box), retries: 0, ...options });
  transports.push(transport);
  return nodemailer.createTransport(transport).sendMail({ to: 'reader@example.com', subject: 'Hello', text: 'Hello', ...message });
}
