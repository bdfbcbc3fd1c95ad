// Small messages: what one costs in CPU time of the sending process, and how many a second go out.
import { start } from '../support/child.mjs';
import { startMinimal } from '../support/minimal.mjs';
import { median, ratios, summary } from '../support/statistics.mjs';

const CONCURRENCY = 4;
const CONTENDERS = ['auto', 'json', 'undici', 'stripped', 'fetch', 'smtp', 'smtps', 'outlook', 'msgraph', 'nothing'];
/** Of each contender: how fast compiled code is differs a little from process to process. */
const PROCESSES = 3;
/** Messages after which code is compiled for good. */
const WARM_AFTER = 6000;

export async function run({ quick, log }) {
  // short, so that what a round compares is close together in time
  const rounds = quick ? 2 : 45;
  const roundTime = quick ? 100 : 160;
  const warmUpTime = quick ? 200 : 3000;
  const processes = quick ? 1 : PROCESSES;
  const server = await startMinimal();
  const clients = [];
  try {
    // the request this transport makes is the one the bare loops make
    const sampler = await begin('json');
    await sampler.ask({ count: 1 });
    await sampler.stop();
    const { headers, body } = (await server.ask({})).last;
    for (const name of ['host', 'connection', 'content-length', 'transfer-encoding']) delete headers[name];

    for (const name of CONTENDERS) {
      const contender = { name, running: [], count: 0, cpu: [], wall: [], bytes: 0 };
      clients.push(contender);
      let speed = 0;
      for (let made = 0; made < processes; made++) {
        const client = await begin(name, { headers, body });
        contender.running.push(client);
        speed = await warmUp(client, warmUpTime, quick ? 0 : WARM_AFTER);
      }
      // on a busy machine few would be sent in that time, by code that is not warm any more
      contender.count = Math.max(quick ? CONCURRENCY : 200, Math.round((speed * roundTime) / 1000));
      await server.ask({});
      log(`${name}: ${Math.round(speed)} messages/s in warming up`);
    }
    for (let round = 0; round < rounds; round++) {
      // nobody is always first
      const order = clients.map((_, index) => clients[(index + round) % clients.length]);
      for (const contender of order) {
        const { name, running, count } = contender;
        const { cpu, wall } = await running[round % running.length].ask({ count });
        const received = await server.ask({});
        const arrives = name === 'nothing' ? 0 : count;
        if (received.messages !== arrives) throw new Error(`${name}: sent ${count} messages, ${received.messages} arrived`);
        contender.cpu.push((cpu * 1000) / count);
        contender.wall.push((count * 1000) / wall);
        contender.bytes = Math.round(received.bytes / count);
      }
      log(`round ${round + 1} of ${rounds}`);
    }
  } finally {
    await Promise.all(clients.flatMap(({ running }) => running.map((client) => client.stop())));
    await server.stop();
  }

  const bare = clients.find(({ name }) => name === 'fetch');
  return {
    rounds,
    concurrency: CONCURRENCY,
    contenders: Object.fromEntries(
      clients.map(({ name, cpu, wall, bytes }) => [
        name,
        {
          /** Microseconds of CPU time per message. */
          cpu: summary(cpu),
          /** Messages per second. */
          wall: summary(wall),
          /** Times as many messages as bare fetch in the same CPU time, and in the same time. */
          cpuToFetch: ratios(bare.cpu, cpu),
          wallToFetch: ratios(wall, bare.wall),
          /** CPU time this one needs for each of this transport's own, as it sends the message by default and as JSON. */
          cpuToAuto: cpuTo('auto', cpu),
          cpuToJson: cpuTo('json', cpu),
          bytes,
        },
      ]),
    ),
  };

  function cpuTo(own, cpu) {
    const { cpu: ownCpu } = clients.find(({ name }) => name === own);
    return median(cpu.map((value, round) => value / ownCpu[round]));
  }

  function begin(contender, sample) {
    return start('clients/throughput.mjs', { contender, concurrency: CONCURRENCY, server: server.ready, sample }, server.options);
  }
}

/** Sends until the time is over and so many messages are sent; returns the speed at the end. */
async function warmUp(client, time, messages) {
  let speed = 0;
  for (let spent = 0, sent = 0, count = 50; spent < time || sent < messages; count = Math.max(50, Math.round(speed / 5))) {
    const { wall } = await client.ask({ count });
    spent += wall;
    sent += count;
    speed = (count * 1000) / wall;
  }
  return speed;
}
