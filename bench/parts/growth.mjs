// Whether the cost of one more message, recipient or attachment stays the same.
import { start } from '../support/child.mjs';
import { startMinimal } from '../support/minimal.mjs';
import { summary } from '../support/statistics.mjs';

// how often each size is measured in a round, so that small ones take a while, too
const SERIES = {
  messages: { unit: 'ms', repeats: { 1: 300, 10: 30, 100: 5, 1000: 1, 10_000: 1 } },
  recipients: { unit: 'ms', repeats: { 1: 300, 10: 200, 100: 50, 500: 15 } },
  attachments: { unit: 'ms', repeats: { 1: 300, 10: 200, 100: 50 } },
  // apart, since collecting by force makes the code slow for a while, and each size in a process that has held nothing larger
  memory: { unit: 'bytes', apart: true, repeats: { 1: 5, 10: 5, 100: 3, 1000: 1, 10_000: 1 } },
};

export async function run({ quick, log }) {
  const rounds = quick ? 1 : 9;
  const server = await startMinimal();
  const series = {};
  try {
    for (const [what, { unit, apart, repeats }] of Object.entries(SERIES)) {
      const sizes = Object.entries(repeats).map(([count, times]) => ({ count: Number(count), repeats: times, used: [] }));
      const steps = quick ? sizes.slice(0, -1).map((step) => ({ ...step, repeats: Math.ceil(step.repeats / 10) })) : sizes;
      for (const group of apart ? steps.map((step) => [step]) : [steps]) await measureGroup(what, group);
      series[what] = { unit, steps: steps.map(({ count, used }) => ({ count, used: summary(used) })) };
      log(`${what}: ${series[what].steps.map(({ count, used }) => `${count}: ${used.least.toFixed(2)} ${unit}`).join(', ')}`);
    }
  } finally {
    await server.stop();
  }
  return { rounds, series };

  async function measureGroup(what, steps) {
    const { execArgv, env } = server.options;
    const client = await start('clients/growth.mjs', server.ready, { execArgv: [...execArgv, '--expose-gc'], env });
    try {
      // the first round warms up
      for (let round = -1; round < rounds; round++) {
        for (const { count, repeats, used } of steps) {
          const found = await client.ask({ what, count, repeats });
          const { messages } = await server.ask({});
          const expected = (what === 'messages' || what === 'memory' ? count : 1) * repeats;
          if (messages !== expected) throw new Error(`${expected} messages were sent, ${messages} arrived`);
          if (round >= 0) used.push(found.used);
        }
      }
    } finally {
      await client.stop();
    }
  }
}
