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
});
