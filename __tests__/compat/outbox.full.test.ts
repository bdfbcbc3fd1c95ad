import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { describeWith } from '../support/require-program.js';
import { startRedis, type RedisServer } from '../outbox/support/redis-server.js';
import { compat as folder, root, run, useCompat } from './support/compat-folder.js';

describeWith('redis-server', 'the outbox as it is published', (program) => {
  jest.setTimeout(300_000);
  const compat = useCompat();
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis(program);
    const { mailbox, ...graph } = compat.sandbox.options;
    const target = { connection: redis.url, graph, mailbox, store: join(compat.folder, 'store') };
    writeFileSync(join(compat.folder, 'outbox.json'), JSON.stringify(target));
  });
  afterAll(() => redis.stop());

  /** The program of a Node.js, and the folder of an app with one ioredis. */
  const nodeOf = (major: string) =>
    execFileSync(
      process.execPath,
      ['--input-type=module', '-e', `import { findNode } from './scripts/find-node.mjs'; console.log(findNode('${major}').program);`],
      { cwd: root, encoding: 'utf8' },
    ).trim();
  const appWith = (ioredis: string): string => {
    const app = join(compat.work, ioredis);
    const packages = join(app, 'node_modules');
    mkdirSync(packages, { recursive: true });
    // what looks for ioredis has to stand beside the one that it shall find
    for (const name of ['nodemailer-graph-transport', 'bullmq'])
      cpSync(join(folder, 'node_modules', name), join(packages, name), { recursive: true });
    cpSync(join(folder, 'node_modules', ioredis), join(packages, 'ioredis'), { recursive: true });
    cpSync(join(folder, 'apps/outbox.mjs'), join(app, 'outbox.mjs'));
    buildSync({ entryPoints: [join(app, 'outbox.mjs')], outfile: join(app, 'outbox.cjs'), format: 'cjs', platform: 'node' });
    return app;
  };

  describe.each([
    ['5', 'ioredis-5'],
    ['6', 'ioredis'],
  ])('with ioredis %s', (version, name) => {
    let app: string;
    beforeAll(() => {
      app = appWith(name);
    });

    test('which it is', () => {
      const { version: found } = JSON.parse(readFileSync(join(app, 'node_modules/ioredis/package.json'), 'utf8')) as { version: string };
      expect(found.split('.')[0]).toBe(version);
    });

    test.each(['20', '22', '24'].flatMap((major) => ['outbox.mjs', 'outbox.cjs'].map((file) => [major, file] as const)))(
      'Node.js %s sends with %s',
      async (major, file) => {
        const prefix = `packed-${version}-${major}-${file.replace('.', '-')}`;
        const env = { ...compat.env, TARGET: join(compat.folder, 'outbox.json'), PREFIX: prefix };
        const { stdout, stderr } = await run(nodeOf(major), [file], { cwd: app, env });
        if (stdout === '') throw new Error(stderr);
        const told = JSON.parse(stdout) as { node: string; states: string[]; duplicate: boolean };
        expect([told.node.split('.')[0], told.states, told.duplicate]).toEqual([major, ['sent', 'sent', 'sent'], true]);
        const sent = compat.sandbox.messages.filter(({ subject }) => subject === prefix);
        expect(sent.map(({ attachments }) => attachments.map(({ size }) => size)).flat()).toEqual([11 * 1024 * 1024]);
        expect(sent).toHaveLength(3);
        expect(compat.sandbox.drafts).toEqual([]);
      },
    );
  });

  test.each([
    ['bull-board shows queues, and neither address nor content of an encrypted message', 'bull-board.mjs'],
    ['telemetry reaches BullMQ: its spans of app and worker share a trace', 'telemetry.mjs'],
    ['the store for S3 among the examples', 'store-s3.mjs'],
    ['the store for Azure Blob among the examples', 'store-azure.mjs'],
  ])('%s', async (_what, file) => {
    for (const from of [join(folder, 'apps/outbox'), join(root, 'examples/outbox-stores')]) cpSync(from, compat.work, { recursive: true });
    const env = { ...compat.env, TARGET: join(compat.folder, 'outbox.json'), STORE: compat.folder };
    const { stdout, stderr } = await run(process.execPath, [file], { cwd: compat.work, env });
    expect([stdout.trim().split('\n').at(-1), stdout.trim().endsWith('ok') ? '' : stderr]).toEqual(['ok', '']);
  });
});
