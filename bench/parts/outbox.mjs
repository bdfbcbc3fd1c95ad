// The outbox beside what guides show: a BullMQ worker that calls transporter.sendMail(). Needs redis-server on PATH (or REDIS_SERVER).
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { startSandbox } from '../../dist/esm/sandbox/index.js';

const program = fileURLToPath(new URL('../support/outbox-process.mjs', import.meta.url));
const MAILBOXES = Array.from({ length: 20 }, (_, index) => `box${index}@contoso.com`);

/** Messages per second, CPU and bytes of both, and what both lose and double when workers are killed. */
export async function run({ quick, log }) {
  const count = quick ? 60 : 1000;
  const rows = {};
  for (const kind of ['outbox', 'naive']) {
    rows[kind] = {};
    await withServers(async (servers) => {
      rows[kind].enqueue = await enqueue(kind, servers, count);
      log(`${kind}: ${JSON.stringify(rows[kind].enqueue)}`);
    });
    for (const workers of quick ? [1] : [1, 2, 4]) {
      await withServers(async (servers) => {
        await enqueue(kind, servers, count);
        rows[kind][`deliver${workers}`] = await deliver(kind, servers, workers, count);
        log(`${kind}, ${workers} workers: ${JSON.stringify(rows[kind][`deliver${workers}`])}`);
      });
    }
    // by a draft nothing stays open; by one request what was under way may
    for (const route of kind === 'outbox' ? ['draft', 'sendMail'] : ['auto']) {
      await withServers(async (servers) => {
        const name = kind === 'outbox' ? `kills, ${route}` : 'kills';
        rows[kind][name] = await underKills(kind, servers, { count: quick ? 60 : 300, route });
        log(`${kind}, workers killed, ${route}: ${JSON.stringify(rows[kind][name])}`);
      });
    }
  }
  return { rows };
}

/** Milliseconds after which something hangs, whatever the machine does besides. */
const HANGS = 120_000;

async function withServers(task) {
  const folder = mkdtempSync(join(tmpdir(), 'graph-bench-redis-'));
  const port = await freePort();
  const args = ['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always'];
  const redis = spawn(process.env.REDIS_SERVER || 'redis-server', args.map(String), { stdio: 'ignore' });
  const client = new Redis(port, { maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  const sandbox = await startSandbox({ mailboxes: MAILBOXES, keepContent: false });
  try {
    await client.ping();
    return await task({ client, sandbox, url: `redis://127.0.0.1:${port}` });
  } finally {
    await client.quit();
    await sandbox.close();
    redis.kill('SIGKILL');
    await once(redis, 'exit');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function enqueue(kind, { client, url }, count, route) {
  const before = Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]);
  const app = start({ role: 'app', kind, connection: url, count, mailboxes: MAILBOXES, route });
  const told = await app.hear((message) => message.times);
  app.child.kill();
  const bytes = Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]) - before;
  const times = told.times.toSorted((a, b) => a - b);
  const at = (share) => times[Math.floor(share * (times.length - 1))];
  return { perSecond: count / told.seconds, p50: at(0.5), p99: at(0.99), cpu: told.cpu / count, bytesPerMessage: bytes / count };
}

async function deliver(kind, { sandbox, url }, workers, count) {
  const graph = { ...sandbox.options, mailbox: undefined };
  const started = performance.now();
  const running = Array.from({ length: workers }, () => start({ role: 'worker', kind, connection: url, graph }));
  await Promise.all(running.map((worker) => worker.hear((message) => message.ready)));
  const ready = performance.now();
  const atStart = sandbox.messages.length;
  while (sandbox.messages.length < count) {
    if (performance.now() - ready > HANGS) throw new Error(`${kind}: ${sandbox.messages.length} of ${count} messages were delivered`);
    await pause(10);
  }
  const seconds = (performance.now() - ready) / 1000;
  const cpus = await Promise.all(running.map((worker) => worker.ask('cpu')));
  for (const { child } of running) child.kill();
  return {
    perSecond: (count - atStart) / seconds,
    startSeconds: (ready - started) / 1000,
    cpu: cpus.reduce((sum, { cpu }) => sum + cpu, 0) / count,
  };
}

/** Three workers, of which one after the other is killed while it sends, until nothing waits any more. */
async function underKills(kind, { client, sandbox, url }, { count, route }) {
  await enqueue(kind, { client, url }, count, route);
  const graph = { ...sandbox.options, mailbox: undefined };
  sandbox.fail({ operation: ['send', 'sendMail'], times: Infinity, delay: 100 });
  const begin = () => start({ role: 'worker', kind, connection: url, graph, quick: true });
  const running = Array.from({ length: 3 }, begin);
  const deliveredNow = () => new Set(sandbox.messages.map(({ subject }) => subject)).size;
  let kills = 0;
  const waiting = kind === 'outbox' ? waitingInOutbox : waitingInQueue;
  const began = performance.now();
  let killedAt = 0;
  // a death for every ten messages
  while ((await waiting(client)) > 0) {
    if (performance.now() - began > HANGS) throw new Error(`${kind}: ${await waiting(client)} of ${count} messages still wait`);
    await pause(20 + 30 * Math.random());
    if (deliveredNow() - killedAt < 10) continue;
    killedAt = deliveredNow();
    const slot = kills++ % running.length;
    running[slot].child.kill('SIGKILL');
    running[slot] = begin();
  }
  await pause(3000);
  for (const { child } of running) child.kill();
  const times = new Map();
  for (const { subject } of sandbox.messages) times.set(subject, (times.get(subject) ?? 0) + 1);
  const twice = [...times.values()].filter((n) => n > 1).length;
  // what the outbox says nobody knows of; of all else it knows
  const ambiguous = kind === 'outbox' ? await client.zcard('{graph-outbox}:s:ambiguous') : 0;
  return { messages: count, kills, seconds: (performance.now() - began) / 1000, never: count - times.size, twice, ambiguous };
}

async function waitingInOutbox(client) {
  const counts = await Promise.all(['queued', 'sending'].map((state) => client.zcard(`{graph-outbox}:s:${state}`)));
  return counts[0] + counts[1];
}

async function waitingInQueue(client) {
  const [waiting, active, delayed] = await Promise.all([
    client.llen('bull:mails:wait'),
    client.llen('bull:mails:active'),
    client.zcard('bull:mails:delayed'),
  ]);
  return waiting + active + delayed;
}

function start(orders) {
  const child = fork(program, [], {
    env: { ...process.env, ORDERS: JSON.stringify(orders) },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const hear = (fits) =>
    new Promise((resolve) => {
      const listener = (message) => {
        if (!fits(message)) return;
        child.off('message', listener);
        resolve(message);
      };
      child.on('message', listener);
    });
  return {
    child,
    hear,
    ask(what) {
      const answer = hear((message) => message[what] !== undefined);
      child.send(what);
      return answer;
    },
  };
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}
