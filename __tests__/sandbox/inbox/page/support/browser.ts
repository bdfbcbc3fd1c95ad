import { createServer, request as ask, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTransport, type Transporter } from 'nodemailer';
import { chromium, type Browser, type BrowserContextOptions, type Frame, type Page } from 'playwright-core';
import { graphTransport, type GraphTransportOptions } from '../../../../../lib/index.js';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../../../../lib/sandbox/index.js';

/** Pages of one browser for the tests of a file; what a page complains about is kept. */
export function useBrowser(executablePath: string) {
  let browser: Browser;
  const open: Page[] = [];
  // a browser on a busy machine misses a click now and then; what is wrong with the page is wrong twice
  jest.retryTimes(1, { logErrorsBeforeRetry: true });
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-dev-shm-usage'],
    });
  });
  afterEach(async () => {
    for (const page of open.splice(0)) await page.context().close();
  });
  afterAll(() => browser.close());
  return {
    /** Errors of scripts, and what the page's policies had to stop; not what the policy of a mail's frame did. */
    async page(options: BrowserContextOptions = {}): Promise<Page & { complaints: string[] }> {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', ...options });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.exposeFunction('complain', (text: string) => void complaints.push(text));
      await page.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', (event) => {
          (window as unknown as { complain(text: string): void }).complain(
            `${event.effectiveDirective} ${event.blockedURI} ${event.sample}`,
          );
        });
      });
      open.push(page);
      return Object.assign(page, { complaints });
    },
    get browser(): Browser {
      return browser;
    },
  };
}

/** A sandbox with an inbox, emptied after each test, and transporters that end with it. */
export function useInbox(options: SandboxOptions = {}) {
  let sandbox: Sandbox;
  const open: Transporter[] = [];
  beforeAll(async () => {
    sandbox = await startSandbox({ inbox: true, ...options });
  });
  afterEach(() => {
    for (const transporter of open.splice(0)) transporter.close();
    sandbox.clear();
  });
  afterAll(() => sandbox.close());
  return {
    get sandbox(): Sandbox {
      return sandbox;
    },
    get url(): string {
      return urlOf(sandbox);
    },
    transporter(overrides: Partial<GraphTransportOptions> = {}) {
      const transporter = createTransport(graphTransport({ ...sandbox.options, ...overrides }));
      open.push(transporter);
      return transporter;
    },
    /** What the API answers. */
    async api<T>(path: string): Promise<T> {
      const response = await fetch(new URL(`api/v1/${path}`, urlOf(sandbox)));
      expect([path, response.status]).toEqual([path, 200]);
      return (await response.json()) as T;
    },
  };
}

export function urlOf({ inboxUrl }: Sandbox): string {
  if (inboxUrl === undefined) throw new Error('the sandbox has no inbox');
  return inboxUrl;
}

/** The frame that shows a mail, loaded. */
export async function mailFrame(page: Page): Promise<Frame> {
  const handle = await page.locator('.stage iframe').elementHandle();
  const frame = await handle?.contentFrame();
  if (!frame) throw new Error('no mail is shown');
  await frame.waitForLoadState();
  return frame;
}

/** A server on another port of this machine that counts what it is asked for. */
export async function startEvilServer(
  answer: { type: string; body: string | Buffer } = { type: 'text/html', body: '<title>evil</title>' },
) {
  const requests: string[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response.writeHead(200, { 'Content-Type': answer.type });
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    requests,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A way to the inbox that can be cut: as `proxy` of a page's options. A browser that is offline keeps the streams it has. */
export async function startCuttableWay() {
  let isCut = false;
  const server = createServer((request, response) => {
    if (isCut) return void request.socket.destroy();
    const asked = ask(request.url ?? '', { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    asked.on('error', () => response.destroy());
    response.on('close', () => asked.destroy());
    request.pipe(asked);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => {
      isCut = true;
      server.closeAllConnections();
    },
    mend: () => void (isCut = false),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The smallest PNG there is, red. */
export const redPixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==',
  'base64',
);

export const message = {
  from: 'noreply@contoso.com',
  to: 'ada@example.com',
  subject: 'Welcome',
  text: 'Hello Ada',
  html: '<p>Hello <b>Ada</b></p>',
};

export const wcag = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Resolves once it holds; the test's own time limit ends it. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}
