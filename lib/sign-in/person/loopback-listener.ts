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
  /** Shows how it ended, where a browser waits for it, and ends. */
  close(isSignedIn: boolean): void;
}

/**
 * Waits for a browser on a free port of 127.0.0.1 (RFC 8252, section 7.3). Shows no token and no code, and leaves none in the address; an answer with another state is
 * refused and does not end the wait.
 */
export async function listenOnLoopback(state: string): Promise<LoopbackListener> {
  let settle: (answer: BrowserAnswer) => void = () => undefined;
  const answer = new Promise<BrowserAnswer>((resolve) => (settle = resolve));
  let signInPage: string | undefined;
  let isAnswered = false;
  let [decide, isShown]: [(isSignedIn: boolean) => void, () => void] = [() => undefined, () => undefined];
  const decided = new Promise<boolean>((resolve) => (decide = resolve));
  const shown = new Promise<void>((resolve) => (isShown = resolve));
  const server = createServer((request, response) => {
    const target = request.url ?? '/';
    // such as '//', which is no address: any program of this machine may send anything
    const url = new URL(URL.canParse(target, 'http://localhost') ? target : '/nothing', 'http://localhost');
    const read = (name: string) => url.searchParams.get(name) ?? undefined;
    if (request.method !== 'GET' || !isLocalHost(request.headers.host)) return show(response, 404, 'There is nothing here.');
    if (url.pathname === '/begin' && signInPage !== undefined) return lead(response, signInPage);
    if (url.pathname === '/done' && isAnswered) {
      response.once('close', isShown);
      return void decided.then((isSignedIn) => show(response, 200, isSignedIn ? SIGNED_IN : FAILED));
    }
    if (url.pathname !== '/') return show(response, 404, 'There is nothing here.');
    if (read('state') !== state || (read('code') === undefined && read('error') === undefined)) {
      return show(response, 400, 'This is not the sign-in that was begun. Please begin again.');
    }
    isAnswered = true;
    // without the code in the address, which the browser keeps in its history
    lead(response, '/done');
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
    close: (isSignedIn) => {
      decide(isSignedIn);
      const end = () => {
        clearTimeout(timer);
        server.close();
        server.closeAllConnections();
      };
      const timer = setTimeout(end, isAnswered ? LAST_PAGE : 0);
      void shown.then(end);
    },
  };
}

const SIGNED_IN = 'You are signed in. You may close this window.';
const FAILED = 'The sign-in failed; the terminal says why. You may close this window.';

/** Milliseconds a browser has to come for the last page. */
const LAST_PAGE = 2000;

function lead(response: ServerResponse, location: string): void {
  response.writeHead(302, { Location: location, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer', Connection: 'close' });
  response.end();
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
