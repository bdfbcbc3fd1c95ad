import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the browser brought back. */
export interface BrowserAnswer {
  code: string | undefined;
  error: string | undefined;
  description: string | undefined;
}

export interface LoopbackListener {
  /** Where the sign-in service sends the browser. */
  readonly redirectUri: string;
  /** An address without anything in it that leads to the sign-in page: a program's arguments are for everybody on the machine to see. */
  leadTo(signInPage: string): string;
  /** Settles with the first answer that has the right state. */
  readonly answer: Promise<BrowserAnswer>;
  close(): void;
}

/**
 * Waits for a browser on a free port of 127.0.0.1 (RFC 8252, section 7.3). Shows no token and no code; an answer with another state is
 * refused and does not end the wait.
 */
export async function listenOnLoopback(state: string): Promise<LoopbackListener> {
  let settle: (answer: BrowserAnswer) => void = () => undefined;
  const answer = new Promise<BrowserAnswer>((resolve) => (settle = resolve));
  let signInPage: string | undefined;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const read = (name: string) => url.searchParams.get(name) ?? undefined;
    if (request.method === 'GET' && url.pathname === '/begin' && isLocalHost(request.headers.host) && signInPage !== undefined) {
      response.writeHead(302, { Location: signInPage, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer', Connection: 'close' });
      return void response.end();
    }
    if (request.method !== 'GET' || url.pathname !== '/' || !isLocalHost(request.headers.host))
      return show(response, 404, 'There is nothing here.');
    if (read('state') !== state || (read('code') === undefined && read('error') === undefined)) {
      return show(response, 400, 'This is not the sign-in that was begun. Please begin again.');
    }
    const failed = read('error') !== undefined;
    show(
      response,
      200,
      failed ? 'The sign-in failed; the terminal says why. You may close this window.' : 'You are signed in. You may close this window.',
    );
    settle({ code: read('code'), error: read('error'), description: read('error_description') });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const redirectUri = `http://localhost:${(server.address() as AddressInfo).port}`;
  return {
    redirectUri,
    leadTo: (page) => {
      signInPage = page;
      return `${redirectUri}/begin`;
    },
    answer,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const isLocalHost = (host: string | undefined) => /^(localhost|127\.0\.0\.1)(:\d+)?$/.test(host ?? '');

function show(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'Referrer-Policy': 'no-referrer',
    Connection: 'close',
  });
  response.end(`<!doctype html><meta charset="utf-8"><title>Sign-in</title><p>${text}</p>`);
}
