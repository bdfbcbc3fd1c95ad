import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os, { tmpdir } from 'node:os';
import { join } from 'node:path';
import nodemailer from 'nodemailer';
import {
  graphTransport,
  type GraphSentMessageInfo,
  type GraphTransport,
  type GraphTransportError,
  type GraphTransportOptions,
} from '../../lib/index.js';
import { startSandbox, type Sandbox, type SandboxOperation, type SandboxOptions, type SandboxRequest } from '../../lib/sandbox/index.js';

/** Most bytes of a request: 4 MiB. */
export const REQUEST = 4_194_304;
/** Bytes of a chunk: 12 × 320 KiB. */
export const CHUNK = 3_932_160;
export const MEBIBYTE = 1024 * 1024;

export const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', subject: 'Large', text: 'Hello' };

/** A sandbox of its own for a test file, a folder for its files, and one that the transport takes for temporary files. */
export class Bench {
  folder = '';
  #sandbox: Sandbox | undefined;
  readonly #open: GraphTransport[] = [];
  #temporary = '';

  constructor(private readonly options: SandboxOptions = {}) {
    beforeAll(async () => {
      this.#sandbox = await startSandbox(this.options);
      this.folder = mkdtempSync(join(tmpdir(), 'large-'));
      this.#temporary = mkdtempSync(join(this.folder, 'tmp-'));
      // jest's process.env is a copy that Node itself does not see
      jest.spyOn(os, 'tmpdir').mockReturnValue(this.#temporary);
    });
    afterEach(() => {
      for (const transport of this.#open.splice(0)) transport.close({ force: true });
      this.sandbox.clear();
    });
    afterAll(async () => {
      jest.restoreAllMocks();
      rmSync(this.folder, { recursive: true });
      await this.sandbox.close();
    });
  }

  get sandbox(): Sandbox {
    if (!this.#sandbox) throw new Error('the sandbox has not started yet');
    return this.#sandbox;
  }

  create(options: Partial<GraphTransportOptions> = {}): GraphTransport {
    const given = { ...this.sandbox.options, retries: 2, maxRetryDelay: 20, ...options };
    const transport = graphTransport(given);
    this.#open.push(transport);
    return transport;
  }

  send(data: object, options: Partial<GraphTransportOptions> = {}): Promise<GraphSentMessageInfo> {
    return nodemailer.createTransport(this.create(options)).sendMail({ ...mail, ...data });
  }

  /** The error of a message that must not be sent. */
  async refusal(data: object, options: Partial<GraphTransportOptions> = {}): Promise<GraphTransportError> {
    const result = await this.send(data, options).catch((error: GraphTransportError) => error);
    if (!(result instanceof Error)) throw new Error('it was sent');
    return result;
  }

  /** What was asked of Graph and of the upload service, in order. */
  operations(): SandboxOperation[] {
    return this.sandbox.requests.map(({ operation }) => operation).filter((name) => name !== 'token' && name !== 'discovery');
  }

  requestsFor(operation: SandboxOperation): SandboxRequest[] {
    return this.sandbox.requests.filter((request) => request.operation === operation);
  }

  /** Name and hash of what the recipients of the only message get. */
  arrived(): [string, string][] {
    expect(this.sandbox.messages).toHaveLength(1);
    return (this.sandbox.messages[0]?.attachments ?? []).map(({ name, content }) => [name, hash(content)]);
  }

  /** Neither mail nor draft nor temporary file is there. */
  expectNothingLeft(): void {
    expect({ messages: this.sandbox.messages.length, drafts: this.sandbox.drafts, files: this.temporaryFiles() }).toEqual({
      messages: 0,
      drafts: [],
      files: [],
    });
  }

  temporaryFiles(): string[] {
    return readdirSync(this.#temporary);
  }
}

export function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function file(filename: string, size: number): { filename: string; content: Buffer } {
  return { filename, content: randomBytes(size) };
}

/** What should have arrived. */
export function expected(files: readonly { filename: string; content: Buffer }[]): [string, string][] {
  return files.map(({ filename, content }) => [filename, hash(content)]);
}

/** Waits until a condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}
