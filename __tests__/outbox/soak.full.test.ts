import { openOutbox } from '../../lib/outbox/index.js';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { describeWith } from '../support/require-program.js';
import { seededRandom } from '../support/sample.js';
import { endProcesses, start, type Process, type Told } from './support/processes.js';
import { startRedis, type RedisServer } from './support/redis-server.js';
import { mail, QUICK, QUICK_GRAPH } from './support/use-outbox.js';

const MESSAGES = 2000;
const MAILBOXES = 10;
const WORKERS = 3;

/** Deaths for so many messages in the queue (app, Redis), or delivered (workers), on average. */
const EVERY = { worker: 60, app: 120, redis: 300 };

describeWith('redis-server', 'a soak with random deaths', (program) => {
  jest.setTimeout(8 * 60_000);
  const mailboxes = Array.from({ length: MAILBOXES }, (_, index) => `soak${index}@contoso.com`);
  let sandbox: Sandbox;
  let redis: RedisServer;
  beforeAll(async () => {
    [sandbox, redis] = await Promise.all([
      startSandbox({ mailboxes, resend: true, maxConcurrency: 4, keepContent: false }),
      startRedis(program),
    ]);
  });
  afterAll(async () => {
    await endProcesses();
    await Promise.all([sandbox.close(), redis.stop()]);
  });

  it(`${MESSAGES} messages, ${WORKERS} workers, apps and Redis killed: each once`, async () => {
    const random = seededRandom();
    const connection = { connection: redis.url, prefix: 'soak' };
    const { mailbox: _own, ...signIn } = sandbox.options;
    const workerOptions = { ...connection, graph: { ...signIn, ...QUICK_GRAPH, requestTimeout: 2000 }, ...QUICK };
    // half of what fails takes effect all the same, and is answered late or not at all
    for (const accepted of [true, false]) {
      sandbox.fail({
        operation: ['createDraft', 'send', 'sendMail'],
        times: Infinity,
        match: () => random() < 0.04,
        accepted,
        delay: 120,
        cut: 'reset',
      });
    }
    sandbox.fail({ operation: ['getMessage', 'listMessages'], times: Infinity, match: () => random() < 0.05, status: 500 });

    const acked = new Set<string>();
    const todo = Array.from({ length: MESSAGES }, (_, index) => index);
    const mailOf = (index: number) =>
      mail({
        from: mailboxes[index % MAILBOXES],
        subject: `soak ${index}`,
        outbox: { id: `soak-${index}` },
        // two thirds by draft
        graph: { mailbox: mailboxes[index % MAILBOXES], route: index % 3 === 0 ? 'sendMail' : 'draft' },
      });
    const deaths = { worker: 0, app: 0, redis: 0 };
    const processes: Partial<Record<number, Process>> = {};

    /** Hands in what is not acknowledged yet, 200 a process, until it is; the process dies somewhere in the middle. */
    const app = async () => {
      while (todo.length > 0) {
        const part = todo.splice(0, 200);
        const running = start({ role: 'app', transport: { ...connection, timeout: 4000 }, mails: part.map(mailOf), atATime: 8 });
        let untilDeath = Math.ceil(2 * EVERY.app * random());
        running.child.on('message', ({ acked: id }: Told) => {
          if (id === undefined) return;
          acked.add(id);
          if (--untilDeath > 0) return;
          if (running.child.kill('SIGKILL')) deaths.app++;
        });
        await Promise.race([running.hear((told) => told.done === true), running.ended]);
        running.kill();
        await running.ended;
        todo.push(...part.filter((index) => !acked.has(`soak-${index}`)));
      }
    };
    let over = false;
    const worker = async (slot: number) => {
      while (!over) {
        const running = (processes[slot] = start({ role: 'worker', worker: workerOptions }));
        await running.ended;
      }
    };
    /** Kills at random moments, as often as the work goes on. */
    const reaper = async (progress: () => number, every: number, strike: () => Promise<void> | void) => {
      for (let next = every * random(); !over; await new Promise((resolve) => setTimeout(resolve, 20))) {
        if (progress() < next) continue;
        next = progress() + 2 * every * random();
        await new Promise((resolve) => setTimeout(resolve, 100 * random()));
        await strike();
      }
    };
    const workers = Array.from({ length: WORKERS }, (_, slot) => worker(slot));
    const reapers = [
      reaper(
        () => sandbox.messages.length,
        EVERY.worker,
        () => {
          deaths.worker++;
          processes[Math.floor(random() * WORKERS)]?.kill();
        },
      ),
      reaper(
        () => acked.size + sandbox.messages.length,
        2 * EVERY.redis,
        async () => {
          deaths.redis++;
          await redis.kill();
          await redis.start();
        },
      ),
    ];
    await app();

    const outbox = openOutbox(connection);
    const ends = await Promise.all([...acked].map((id) => outbox.wait(id, { timeout: 120_000 }).catch((error: Error) => error)));
    over = true;
    await outbox.close();
    await Promise.all(reapers);
    for (let slot = 0; slot < WORKERS; slot++) processes[slot]?.kill();
    await Promise.all(workers);

    const delivered = new Map<string, number>();
    for (const { subject } of sandbox.messages) delivered.set(subject, (delivered.get(subject) ?? 0) + 1);
    const unsettled = ends.filter((end) => end instanceof Error).map((end) => String(end));
    const settled = ends.flatMap((end) => (end instanceof Error ? [] : [end]));
    const twice = [...delivered].filter(([, count]) => count > 1);
    const count = (state: string) => settled.filter((message) => message.state === state).length;
    const wrong = settled.filter(({ id, state, route }) => {
      const times = delivered.get(id.replace('-', ' ')) ?? 0;
      return !((state === 'sent' && times === 1) || (state === 'ambiguous' && route === 'sendMail'));
    });
    const throttled = sandbox.requests.filter(({ status }) => status === 429).length;
    process.stdout.write(`soak: ${JSON.stringify({ deaths, sent: count('sent'), ambiguous: count('ambiguous'), throttled })}\n`);
    expect({ acked: acked.size, unsettled, twice, wrong, drafts: sandbox.drafts.length }).toEqual({
      acked: MESSAGES,
      unsettled: [],
      twice: [],
      wrong: [],
      drafts: 0,
    });
  });
});
