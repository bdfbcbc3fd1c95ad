// A measured program, or a server, in a process of its own: what one does to its heap is not the other's.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// a proxy of this machine is no part of what is measured
const ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/_proxy$/i.test(name)));

/**
 * Starts a file of this folder, which answers every message with one message.
 *
 * @param file below bench/
 * @param argument handed over as JSON
 */
export async function start(file, argument = {}, { execArgv = [], env = {}, cwd } = {}) {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  const child = fork(path, [JSON.stringify(argument)], { execArgv, env: { ...ENVIRONMENT, ...env }, cwd });
  const inbox = [];
  const waiting = [];
  let ended;
  const settle = () => {
    while (waiting.length > 0 && (inbox.length > 0 || ended)) {
      const { resolve, reject } = waiting.shift();
      if (inbox.length > 0) resolve(inbox.shift());
      else reject(ended);
    }
  };
  child.on('message', (message) => {
    inbox.push(message);
    settle();
  });
  child.on('exit', (code, signal) => {
    ended = new Error(`${file} ended (${signal ?? code}) before it answered: ${JSON.stringify(argument).slice(0, 200)}`);
    settle();
  });
  const next = () =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      settle();
    });
  const running = {
    ready: undefined,
    ask(message) {
      if (child.connected) child.send(message);
      return next();
    },
    async stop() {
      if (ended) return;
      const left = new Promise((resolve) => child.once('exit', resolve));
      if (child.connected) child.disconnect();
      await left;
    },
  };
  running.ready = await next();
  return running;
}

/** Starts a file that sends one message and ends. */
export async function measure(file, argument, options) {
  const child = await start(file, argument, options);
  await child.stop();
  return child.ready;
}

/** In the child: says it is ready and answers every message. */
export function serve(ready, answer) {
  process.on('disconnect', () => process.exit());
  process.on('message', async (message) => process.send(await answer(message)));
  process.send(ready);
}
