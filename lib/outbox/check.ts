import { jobId } from './keys.js';
import type { Line } from './line.js';
import type { OutboxSettings } from './options.js';
import { askServer, serverProblem, serverWarnings } from './server.js';

/** What `check()` finds. */
export interface OutboxCheck {
  server: { product: string; version: string; aof: boolean; fsync: string | undefined; eviction: string };
  /** What can lose or hold up messages. */
  problems: string[];
  /** Workers seen within a minute. */
  workers: number;
  /** Mailboxes that a person has paused; `*` for all. */
  paused: string[];
  /** Mailboxes held for a refused sign-in or a missing grant. */
  held: string[];
  /** Messages on their way that no worker would ever take: their jobs are gone. */
  lost: string[];
  /** How many of them were put back. */
  repaired: number;
}

/** Records that are read at once. */
const AT_ONCE = 500;

/** Looks for what can lose or hold up messages. */
export async function checkOutbox(line: Line, { durability }: Pick<OutboxSettings, 'durability'>): Promise<OutboxCheck> {
  const { connection, keys, records } = line;
  const facts = await askServer(connection);
  const isCluster = connection.client.isCluster === true;
  const problem = serverProblem(facts, { durability, isCluster });
  const problems = [...(problem ? [problem.message] : []), ...serverWarnings(facts, durability)];
  const [{ workers }, mailboxes] = [await records.seen(), await line.mailboxes()];
  if (workers === 0) problems.push('No worker was seen within a minute.');

  const name = (queue: string) => mailboxes.get(queue) ?? queue;
  const paused = ((await connection.client.call('SMEMBERS', keys.paused)) as string[]).map(name).sort();
  if (paused.includes('*')) problems.push('All mailboxes are paused; outbox resume ends it.');
  else if (paused.length > 0) problems.push(`Paused: ${paused.join(', ')}; outbox resume MAILBOX ends it.`);
  const held = ((await connection.client.call('HKEYS', keys.holds)) as string[]).map(name).sort();
  if (held.length > 0) problems.push(`Held for a refused sign-in or a missing grant, as the workers tell: ${held.join(', ')}.`);

  const lost: { id: string; queuedAt: number }[] = [];
  for await (const { id, queue, queuedAt } of onTheWay(line)) {
    const job = mailboxes.has(queue) ? await line.queue(queue).getJob(jobId(id)) : undefined;
    const unfinished = job && !['failed', 'completed', 'unknown'].includes(await job.getState());
    if (!unfinished) lost.push({ id, queuedAt });
  }
  const inOrder = lost.sort((one, other) => one.queuedAt - other.queuedAt);
  const { product, version, aof, fsync, eviction } = facts;
  return {
    server: { product, version, aof, fsync, eviction },
    problems,
    workers,
    paused,
    held,
    lost: inOrder.map(({ id }) => id),
    repaired: 0,
  };
}

/** Messages on their way that count, by their records: an index can be lost, too. */
async function* onTheWay({ connection, keys }: Line): AsyncGenerator<{ id: string; queue: string; queuedAt: number }> {
  const { client } = connection;
  const seen = new Set<string>();
  const beginning = keys.record('');
  for (const node of client.nodes?.('master') ?? [client]) {
    let cursor = '0';
    do {
      const [next, found] = (await node.call('SCAN', cursor, 'MATCH', `${beginning}*`, 'COUNT', AT_ONCE)) as [string, string[]];
      cursor = next;
      const fresh = found.filter((key) => !seen.has(key));
      const commands = client.pipeline();
      for (const key of fresh) {
        commands.call('HMGET', key, 'state', 'counts', 'queue', 'queuedAt');
        // earlier versions say only there that a message counts
        commands.call('ZSCORE', keys.state('queued'), key.slice(beginning.length));
      }
      const answers = fresh.length > 0 ? ((await commands.exec()) ?? []) : [];
      for (const [index, key] of fresh.entries()) {
        const [[error, values] = [], [, listed] = []] = answers.slice(2 * index);
        // somebody else's key
        if (error || !Array.isArray(values)) continue;
        const [state, counts, queue, queuedAt] = values as (string | null)[];
        // what was never acknowledged is nobody's loss
        if (queue == null || !(state === 'sending' || (state === 'queued' && (counts === '1' || listed != null)))) continue;
        seen.add(key);
        yield { id: key.slice(beginning.length), queue, queuedAt: Number(queuedAt) };
      }
    } while (cursor !== '0');
  }
}
