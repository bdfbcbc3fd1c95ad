import { request as httpRequest } from 'node:http';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../../lib/sandbox/index.js';
import { createClient, type Client } from '../client.js';

export interface InboxReply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  bytes: Buffer;
  text: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever was sent
  body: any;
}

/** One request on a connection of its own, with whatever headers a browser or an attacker would send. */
export function call(
  url: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<InboxReply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const text = bytes.toString();
        let parsed: unknown;
        try {
          parsed = JSON.parse(text);
        } catch {
          parsed = undefined;
        }
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, text, body: parsed });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Header fields of a write by the page or a script. */
export const WRITE = { 'content-type': 'application/json', 'x-sandbox-inbox': '1' };

/** A sandbox with an inbox for the tests of one file, emptied after each. */
export function useInbox(options: SandboxOptions = {}) {
  let sandbox: Sandbox;
  let client: Client;
  beforeAll(async () => {
    sandbox = await startSandbox({ inbox: true, ...options });
    client = createClient(sandbox, 2);
  });
  afterEach(() => sandbox.clear());
  afterAll(async () => {
    await client.close();
    await sandbox.close();
  });
  const url = (path: string): string => `${sandbox.inboxUrl}api/v1/${path}`;
  return {
    get sandbox(): Sandbox {
      return sandbox;
    },
    get client(): Client {
      return client;
    },
    url,
    get: (path: string, headers: Record<string, string> = {}) => call(url(path), { headers }),
    post: (path: string, body: unknown, headers: Record<string, string> = WRITE) =>
      call(url(path), { method: 'POST', headers, body: JSON.stringify(body) }),
    remove: (path: string, headers: Record<string, string> = WRITE) => call(url(path), { method: 'DELETE', headers }),
  };
}

/** Reads Server-Sent Events until `enough` says so. */
export function listen(
  url: string,
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- events of any kind
  enough: (events: any[]) => boolean,
  headers: Record<string, string> = {},
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- events of any kind
): Promise<{ events: any[]; id: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        const blocks = text.split('\n\n').slice(0, -1);
        const events = blocks.flatMap((block) => [...block.matchAll(/^data: (.*)$/gm)].flatMap(([, data = '']) => JSON.parse(data)));
        const id = [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? '';
        if (!enough(events)) return;
        request.destroy();
        resolve({ events, id });
      });
      response.on('error', () => undefined);
    });
    request.on('error', reject);
    request.end();
  });
}
