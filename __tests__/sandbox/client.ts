import { Agent, request, type Dispatcher } from 'undici';
import type { Sandbox } from '../../lib/sandbox/index.js';

export interface Reply {
  status: number;
  headers: Record<string, string>;
  text: string;
  /** The parsed body; undefined where it is empty. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever the service sent
  body: any;
}

export interface SendOptions {
  method?: Dispatcher.HttpMethod;
  headers?: Record<string, string | undefined>;
  body?: string | Buffer | object | undefined;
  token?: string | undefined;
}

/** A bare HTTP client for one sandbox: knows TLS and tokens, and nothing about mail. */
export function createClient(sandbox: Sandbox, connections: number | null = null) {
  const dispatcher = new Agent({ connect: { ca: sandbox.ca }, connections });

  async function send(
    url: string,
    { method = 'POST', headers = {}, body, token = sandbox.issueToken() }: SendOptions = {},
  ): Promise<Reply> {
    const isJson = body !== undefined && typeof body !== 'string' && !Buffer.isBuffer(body);
    const all: Record<string, string | undefined> = { ...(isJson ? { 'content-type': 'application/json' } : {}), ...headers };
    if (token !== '') all.authorization ??= `Bearer ${token}`;
    const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const response = await request(new URL(url, sandbox.graphEndpoint), {
      dispatcher,
      method,
      headers: Object.fromEntries(given),
      body: isJson ? JSON.stringify(body) : (body ?? null),
    });
    const text = await response.body.text();
    let parsed: unknown;
    try {
      parsed = text === '' ? undefined : JSON.parse(text);
    } catch {
      parsed = text;
    }
    return { status: response.statusCode, headers: response.headers as Record<string, string>, text, body: parsed };
  }

  return {
    dispatcher,
    send,
    sendMail: (message: object, options: SendOptions & { mailbox?: string; parameters?: object } = {}) =>
      send(`/v1.0/users/${options.mailbox ?? sandbox.options.mailbox}/sendMail`, { body: { message, ...options.parameters }, ...options }),
    sendMime: (mime: string, options: SendOptions = {}) =>
      send(`/v1.0/users/${sandbox.options.mailbox}/sendMail`, {
        headers: { 'content-type': 'text/plain' },
        body: Buffer.from(mime).toString('base64'),
        ...options,
      }),
    close: () => dispatcher.destroy(),
  };
}

export type Client = ReturnType<typeof createClient>;

export const recipient = (address: string, name?: string) => ({ emailAddress: name === undefined ? { address } : { address, name } });

/** The least a message needs; `more` replaces and adds. */
export const message = (more: object = {}) => ({
  subject: 'Monthly report',
  body: { contentType: 'text', content: 'It is attached.' },
  toRecipients: [recipient('reader@example.com')],
  ...more,
});

export const mime = (lines: string[]) => lines.join('\r\n');
