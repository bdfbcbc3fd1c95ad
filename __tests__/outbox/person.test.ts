import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileStore } from '../../lib/sign-in/person/file-store.js';
import { login } from '../sign-in/person/use-person.js';
import { describeWith } from '../support/require-program.js';
import { mail, useOutbox } from './support/use-outbox.js';

const APP = 'd0d0d0d0-0000-4000-8000-000000000001';
const ME = 'me@outlook.example.com';

describeWith('redis-server', 'a worker that is signed in as a person', (program) => {
  const use = useOutbox(program, {
    sandbox: { apps: [{ clientId: APP, publicClient: true }], mailboxes: [{ userPrincipalName: ME, personal: true }] },
  });

  it.each(['sendMail', 'draft'] as const)('delivers what was queued for the mailbox of that person, by route %s', async (route) => {
    const { graphEndpoint, authorityHost, ca } = use.sandbox;
    const kept: string[] = [];
    await use.worker({
      graph: {
        graphEndpoint,
        authorityHost,
        tls: { ca },
        retries: 0,
        refreshToken: use.sandbox.signIn(ME, { clientId: APP, scopes: ['Mail.Send', 'Mail.ReadWrite'] }),
        clientId: APP,
        tenantId: 'consumers',
        scope: 'Mail.Send Mail.ReadWrite',
        onRefreshToken: (token) => void kept.push(token),
      },
    });
    await use.mailer({ mailbox: ME, route }).sendMail(mail({ from: ME, outbox: { id: `person-${route}` } }));
    expect(await use.outbox().wait(`person-${route}`)).toMatchObject({ state: 'sent', mailbox: ME });
    expect(use.sandbox.messages.map(({ mailbox, recipients }) => [mailbox, recipients])).toEqual([[ME, ['reader@example.com']]]);
    expect(kept.length).toBeGreaterThan(0);
  });

  const folder = mkdtempSync(join(tmpdir(), 'outbox-person-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const signIn = async () => {
    const store = createFileStore(join(folder, `${use.prefix}.json`));
    await login(use.sandbox, ME, { store });
    const { graphEndpoint, authorityHost, ca } = use.sandbox;
    return { store, graph: { graphEndpoint, authorityHost, tls: { ca }, retries: 0, login: { ...store, account: ME } } };
  };

  it('delivers with a sign-in by login, which several workers share', async () => {
    const { graph } = await signIn();
    await Promise.all([use.worker({ graph }), use.worker({ graph })]);
    const ids = Array.from({ length: 6 }, (_, at) => `login-${at}`);
    for (const id of ids) await use.mailer({ mailbox: ME }).sendMail(mail({ from: ME, outbox: { id } }));
    for (const id of ids) expect(await use.outbox().wait(id)).toMatchObject({ state: 'sent', mailbox: ME });
    expect(use.sandbox.messages).toHaveLength(ids.length);
  });

  it('holds the mailbox when the sign-in was revoked, says which command helps, and goes on after it', async () => {
    const { store, graph } = await signIn();
    use.sandbox.revokeSignIns(ME);
    const worker = await use.worker({ graph });
    const held = new Promise((resolve) => worker.once('held', resolve));
    await use.mailer({ mailbox: ME }).sendMail(mail({ from: ME, outbox: { id: 'revoked' } }));
    expect(await held).toMatchObject({
      mailbox: ME,
      error: { code: 'EAUTH', graphCode: 'AADSTS50173', message: expect.stringContaining('Run npx nodemailer-graph-transport login') },
    });
    expect(use.sandbox.messages).toEqual([]);
    await login(use.sandbox, ME, { store });
    expect(await use.outbox().wait('revoked')).toMatchObject({ state: 'sent' });
    expect(use.sandbox.messages).toHaveLength(1);
  });
});
