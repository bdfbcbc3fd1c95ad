import { Redis } from 'ioredis';
import { createKeys } from '../../lib/outbox/keys.js';
import { describeWith } from '../support/require-program.js';
import { mail, useOutbox } from './support/use-outbox.js';

describeWith('redis-server', 'an outbox in a Redis that others write to', (program) => {
  const use = useOutbox(program);
  const client = () => {
    const made = new Redis(use.redis.url);
    use.defer(() => made.quit());
    return made;
  };

  it.each<[string, (head: string) => string]>([
    ['is no JSON', (head) => head.slice(0, 100)],
    ['is another value', () => '[]'],
    ['names no mailbox', (head) => head.replace('"mailbox":"noreply@contoso.com"', '"mailbox":17')],
    ["names the signed-in user's mailbox", (head) => head.replace('"mailbox":"noreply@contoso.com"', '"mailbox":"me"')],
    ['names a path as its mailbox', (head) => head.replace('"mailbox":"noreply@contoso.com"', '"mailbox":"../x@y.z"')],
    ['has recipients that are none', (head) => head.replace('["reader@example.com"]', '{"length":1e9}')],
    ['has a file without end', (head) => head.replace('"uploads":[]', file({ size: 1e15 }))],
    ['has a file of less than nothing', (head) => head.replace('"uploads":[]', file({ size: -1 }))],
    ['has a file in another folder', (head) => head.replace('"uploads":[]', file({ ref: '../../etc/passwd', where: 'store' }))],
    ['has a file that does not say what it is', (head) => head.replace('"uploads":[]', '"uploads":[null]')],
    ['goes another way', (head) => head.replace(/"route":"\w+"/, '"route":"smtp"')],
    ['is of another type', (head) => head.replace('application/json', 'text/html')],
  ])('fails what was altered in Redis so that it %s, sends nothing of it, and shows it all the same', async (_what, alter) => {
    await use.mailer({ route: 'sendMail' }).sendMail(mail({ outbox: { id: 'm' } }));
    const [redis, key] = [client(), createKeys(use.prefix).record('m')];
    const head = (await redis.hgetBuffer(key, 'head')) as Buffer;
    const text = head.subarray(1).toString('utf8');
    expect(alter(text)).not.toBe(text);
    await redis.hset(key, 'head', Buffer.concat([head.subarray(0, 1), Buffer.from(alter(text))]));
    await use.worker();
    await use.mailer().sendMail(mail({ outbox: { id: 'next' } }));
    expect(await use.outbox().wait('m')).toMatchObject({ state: 'failed', error: { code: 'EMESSAGE', permanent: true }, mailbox: '' });
    expect(await use.outbox().wait('next')).toMatchObject({ state: 'sent' });
    expect(use.sandbox.messages).toHaveLength(1);
  });

  it('serves the other mailboxes although somebody has put there what is none', async () => {
    await client().hset(createKeys(use.prefix).mailboxes, 'a:b', 'x', '{}', '', 'noreply@contoso.com\u0000', Buffer.from([0xe1]));
    await use.worker();
    await use.mailer().sendMail(mail({ outbox: { id: 'm' } }));
    expect(await use.outbox().wait('m')).toMatchObject({ state: 'sent' });
    expect(await use.outbox().metrics()).toContain('graph_outbox_messages{state="sent"} 1');
  });
});

/** An upload with something wrong about it. */
const file = (wrong: object) =>
  `"uploads":[${JSON.stringify({ description: { name: 'a.bin' }, size: 5, sha256: 'x', ref: 'a', where: 'redis', ...wrong })}]`;
