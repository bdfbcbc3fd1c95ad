// Runs the benchmarks side by side and writes docs/benchmarks.md and its plots. See docs/benchmarks.md.
import { parseArgs } from 'node:util';

const PARTS = ['throughput'];
const { values, positionals } = parseArgs({ allowPositionals: true, options: { quick: { type: 'boolean', default: false } } });
for (const name of positionals.length > 0 ? positionals : PARTS) {
  const { run } = await import(`./parts/${name}.mjs`);
  const result = await run({ quick: values.quick, log: (text) => console.error(`  ${name}: ${text}`) });
  for (const [key, c] of Object.entries(result.contenders)) {
    console.log(
      key.padEnd(10),
      c.cpu.median.toFixed(1).padStart(8),
      'us cpu',
      c.wall.median.toFixed(0).padStart(8),
      '/s',
      c.cpuToFetch.median.toFixed(2).padStart(6),
      'x',
      c.wallToFetch.median.toFixed(2),
      c.bytes,
    );
  }
}
