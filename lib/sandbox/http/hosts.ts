import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { isLocal } from '../settings.js';

/** Decides for which names a server answers: a page of any website can be made to resolve to this machine (DNS rebinding). */
export class Hosts {
  readonly #isOpen: boolean;
  readonly #names: Set<string>;

  constructor({ host, hostname }: { host: string; hostname: string | undefined }) {
    this.#isOpen = !isLocal(host);
    this.#names = new Set([host, hostname ?? host].map((name) => name.toLowerCase()));
  }

  /**
   * Whether a Host header names this server. On loopback the port must be the real one; a server that others reach may
   * be behind a mapped port, and by any IP address: those cannot be rebound.
   */
  allows(header: string | undefined, port: number): boolean {
    const [, bracketed, plain, given] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::(\d{1,5}))?$/i.exec(header ?? '') ?? [];
    const name = (bracketed ?? plain)?.toLowerCase();
    if (name === undefined) return false;
    if (bracketed !== undefined && isIP(bracketed) !== 6) return false;
    if (!this.#isOpen && Number(given ?? 80) !== port) return false;
    return isLocal(name) || name.endsWith('.localhost') || this.#names.has(name) || (this.#isOpen && isIP(name) !== 0);
  }
}

/** 421: this server does not answer for that name. */
export function misdirect(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  const body = `The sandbox does not answer for this Host. Use 127.0.0.1 or localhost, or give its name as the option "hostname".\n`;
  response.writeHead(421, { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff', Connection: 'close' });
  response.end(body);
}
