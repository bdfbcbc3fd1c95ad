import { spawn } from 'node:child_process';
import { once } from 'node:events';

const commands = { darwin: ['open'], win32: ['cmd', '/c', 'start', '""'] };

/**
 * Opens the inbox in the browser, and waits for Ctrl+C.
 *
 * @param {string} url
 */
export async function showInbox(url) {
  console.log(`\nInbox: ${url} (Ctrl+C ends it)`);
  const [command, ...args] = process.env.BROWSER ? [process.env.BROWSER] : (commands[process.platform] ?? ['xdg-open']);
  spawn(command, [...args, url], { stdio: 'ignore', detached: true })
    .once('error', () => console.log(`There is no browser to open (${command}): open the address yourself.`))
    .unref();
  await Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal)));
}
