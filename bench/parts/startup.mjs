// What a program pays before its first message is out: loading, then everything that happens once.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { measure, start } from '../support/child.mjs';
import { startMinimal } from '../support/minimal.mjs';
import { summary } from '../support/statistics.mjs';

// from the project's folder both have their names
const root = fileURLToPath(new URL('../..', import.meta.url));
const LOADS = {
  require: [
    '-e',
    `require('nodemailer'); const t = performance.now(); require('nodemailer-graph-transport'); console.log(performance.now() - t)`,
  ],
  import: [
    '--input-type=module',
    '-e',
    `await import('nodemailer'); const t = performance.now(); await import('nodemailer-graph-transport'); console.log(performance.now() - t)`,
  ],
};

export async function run({ quick, log }) {
  const rounds = quick ? 2 : 21;
  const times = { require: [], import: [], graph: [], graphProcess: [], smtp: [], smtpProcess: [] };
  const sandbox = await start('servers/sandbox.mjs');
  const server = await startMinimal();
  try {
    const { smtps, certificate } = server.ready;
    const smtp = {
      host: '127.0.0.1',
      port: smtps,
      secure: true,
      tls: { ca: certificate, servername: 'localhost' },
      auth: { user: 'noreply', pass: 'secret' },
    };
    // the first round warms up the servers and the disk cache
    for (let round = -1; round < rounds; round++) {
      const found = {};
      for (const how of ['require', 'import'])
        found[how] = Number(execFileSync(process.execPath, LOADS[how], { cwd: root, encoding: 'utf8' }));
      const graph = await measure('clients/first-send.mjs', { over: 'graph', options: sandbox.ready.options });
      const other = await measure('clients/first-send.mjs', { over: 'smtp', options: smtp });
      Object.assign(found, { graph: graph.program, graphProcess: graph.process, smtp: other.program, smtpProcess: other.process });
      if (round >= 0) for (const [name, value] of Object.entries(found)) times[name].push(value);
    }
    const { received } = await sandbox.ask({});
    if (received.length !== rounds + 1) throw new Error(`${received.length} of ${rounds + 1} messages arrived`);
    log(`${rounds} rounds`);
  } finally {
    await sandbox.stop();
    await server.stop();
  }
  /** Milliseconds. */
  return { rounds, ...Object.fromEntries(Object.entries(times).map(([name, values]) => [name, summary(values)])) };
}
