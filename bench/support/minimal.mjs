import { fileURLToPath } from 'node:url';
import { start } from './child.mjs';

/** The minimal server, and what a client needs to reach it. */
export async function startMinimal() {
  const server = await start('servers/minimal.mjs');
  const { ca, port } = server.ready;
  return {
    ...server,
    options: {
      execArgv: ['--import', fileURLToPath(new URL('redirect.mjs', import.meta.url))],
      env: { NODE_EXTRA_CA_CERTS: ca, BENCH_PORT: String(port) },
    },
  };
}
