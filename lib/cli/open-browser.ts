import { spawn } from 'node:child_process';

const commands: Partial<Record<NodeJS.Platform, [command: string, ...args: string[]]>> = {
  darwin: ['open'],
  // start takes its first quoted argument for a title
  win32: ['cmd', '/c', 'start', '""'],
};

/** Opens an address of this machine in the browser; tells of it where that does not work. */
export function openBrowser(url: string, tell: (text: string) => void): void {
  const [command, ...args] = process.env.BROWSER ? [process.env.BROWSER] : (commands[process.platform] ?? ['xdg-open']);
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true });
  child.once('error', () => tell(`There is no browser to open (${command}): open ${url} yourself.`));
  child.unref();
}
