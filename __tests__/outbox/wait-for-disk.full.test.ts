import { execFileSync } from 'node:child_process';
import { describeWith } from '../support/require-program.js';
import { ask } from './support/topologies.js';
import { mail, useOutbox } from './support/use-outbox.js';

describeWith('redis-server', 'a server that writes to its disk every second and can be asked to wait', (program) => {
  const [, major = '0', minor = '0'] = /v=(\d+)\.(\d+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' })) ?? [];
  const canWait = Number(major) > 7 || (Number(major) === 7 && Number(minor) >= 2);
  if (!canWait) process.stderr.write(`skipped: WAITAOF needs Redis 7.2 or Valkey, and this is ${major}.${minor}\n`);
  (canWait ? describe : describe.skip)('WAITAOF', () => {
    const use = useOutbox(program, { redis: { appendfsync: 'everysec' } });

    it('is waited for before a message counts and before it is sent; without it neither happens', async () => {
      const waits = async () =>
        Number(/cmdstat_waitaof:calls=(\d+)/.exec(String(await ask(use.redis.port, 'INFO', 'commandstats')))?.[1] ?? 0);
      const mailer = use.mailer({ route: 'draft' });
      await use.worker();
      const { id } = await mailer.sendMail(mail());
      const acknowledged = await waits();
      expect(acknowledged).toBeGreaterThanOrEqual(1);
      expect(await use.outbox().wait(id)).toMatchObject({ state: 'sent' });
      expect(await waits()).toBeGreaterThan(acknowledged);

      // from now on nothing reaches the disk, and then one's time comes
      await mailer.sendMail(mail({ outbox: { id: 'due', sendAt: new Date(Date.now() + 2000) } }));
      await ask(use.redis.port, 'CONFIG', 'SET', 'appendfsync', 'no');
      await expect(mailer.sendMail(mail({ outbox: { id: 'uncertain', sendAt: new Date(Date.now() + 3000) } }))).rejects.toMatchObject({
        code: 'ETIMEDOUT',
        ambiguous: true,
        outboxId: 'uncertain',
      });
      expect(use.sandbox.messages).toHaveLength(1);
      await ask(use.redis.port, 'CONFIG', 'SET', 'appendfsync', 'everysec');
      await Promise.all(['due', 'uncertain'].map((one) => use.outbox().wait(one, { timeout: 60_000 })));
      expect(use.sandbox.messages).toHaveLength(3);
      expect(use.sandbox.drafts).toEqual([]);
    });
  });

  (canWait ? describe : describe.skip)('WAITAOF, where appendfsync was always', () => {
    const use = useOutbox(program);
    const waits = async () =>
      Number(/cmdstat_waitaof:calls=(\d+)/.exec(String(await ask(use.redis.port, 'INFO', 'commandstats')))?.[1] ?? 0);

    it('is waited for once it is not', async () => {
      const mailer = use.mailer({ route: 'draft' });
      await use.worker();
      await mailer.verify();
      expect(await waits()).toBe(0);
      await ask(use.redis.port, 'CONFIG', 'SET', 'appendfsync', 'everysec');
      // a connection that comes back looks at once, and not only when it is time
      await ask(use.redis.port, 'CLIENT', 'KILL', 'TYPE', 'normal').catch(() => undefined);
      await mailer.sendMail(mail({ outbox: { id: 'm' } }));
      const acknowledged = await waits();
      expect(acknowledged).toBeGreaterThanOrEqual(1);
      expect(await use.outbox().wait('m')).toMatchObject({ state: 'sent' });
    });
  });
});
