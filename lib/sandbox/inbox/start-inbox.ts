import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { Connections } from '../http/connections.js';
import { Hosts, misdirect } from '../http/hosts.js';
import { listen } from '../http/listen.js';
import { isLocal } from '../settings.js';
import { handle } from './http/handle.js';
import { Inbox, type InboxContext } from './inbox.js';

/** A running inbox. */
export interface RunningInbox {
  /** Where the page is, the key in it where others reach it. */
  url: string;
  close(): Promise<void>;
}

/**
 * Starts the page and its API: a server of its own, over plain http, whose requests are neither recorded nor struck by faults.
 * @throws what the system says, such as EADDRINUSE
 */
export async function startInbox(context: InboxContext): Promise<RunningInbox> {
  const { settings } = context.state;
  const inbox = new Inbox(context);
  const connections = new Connections();
  const hosts = new Hosts(settings);
  // who cannot guess the path gets nothing; a cookie would be shared by every port of localhost
  const prefix = isLocal(settings.host) ? '/' : `/k/${randomBytes(16).toString('base64url')}/`;
  const handler: RequestListener = (request, response) => {
    response.on('error', () => undefined);
    if (hosts.allows(request.headers.host, request.socket.localPort ?? 0)) void handle(inbox, prefix, request, response);
    else misdirect(request, response);
  };
  const { host, hostname } = settings;
  const listener = await listen(handler, { host, hostname, port: settings.inboxPort ?? 0, identity: undefined, connections });
  return {
    url: `${listener.origin}${prefix}`,
    close: async () => {
      inbox.end();
      const closed = listener.close();
      // the last event goes out before the streams are cut
      await new Promise((resolve) => setImmediate(resolve));
      connections.destroyAll();
      await closed;
    },
  };
}
