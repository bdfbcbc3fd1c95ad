import type { Cancellation } from '../base/cancellation.js';
import { deliver } from '../delivery/deliver.js';
import type { DeliveryHooks } from '../delivery/delivery.js';
import { MailboxQueue } from '../delivery/mailbox-queue.js';
import { sleep } from '../delivery/sleep.js';
import type { GraphConnection } from '../graph/connection.js';
import { ContentReader } from '../message/content/content-reader.js';
import type { Settings } from '../options.js';
import { readMessageSettings } from '../plan/message-settings.js';
import { prepare } from '../plan/prepare.js';
import type { PreparedMessage, PreparedUpload } from '../prepared/prepared-message.js';
import { compile } from './compile.js';
import { waitBefore } from './pace.js';

/** How one message is sent. */
export interface SendOptions {
  /** Whether an attachment is added to its draft, as to that of a large message. */
  later?: boolean | undefined;
  hooks?: DeliveryHooks | undefined;
}

/** Sends as the transport does: plans, encodes and delivers with the same functions. */
export class Sender {
  readonly #queue: MailboxQueue;
  readonly #sentAt: number[] = [];

  constructor(
    private readonly settings: Settings,
    private readonly connection: GraphConnection,
    private readonly signal: Cancellation,
  ) {
    this.#queue = new MailboxQueue({ ...settings, onIdle: () => undefined });
  }

  /** @throws {GraphTransportError} as `sendMail()` */
  async send(mail: Record<string, unknown>, { later = false, hooks }: SendOptions = {}): Promise<void> {
    const { settings, connection, signal } = this;
    const prepared = await this.#prepare(mail);
    const message = later ? { ...prepared, uploads: [LATER] } : prepared;
    await this.#queue.run(message.mailbox, signal, (turn) =>
      deliver(message, { ...connection, settings, logger: QUIET, signal, turn, sleep, onProgress: () => undefined }, hooks),
    );
  }

  /** Waits until another message may go. */
  async keepPace(): Promise<void> {
    await sleep(waitBefore(this.#sentAt, Date.now()), this.signal);
    this.#sentAt.push(Date.now());
  }

  close(): void {
    this.#queue.close();
  }

  async #prepare(mail: Record<string, unknown>): Promise<PreparedMessage> {
    const { settings, signal } = this;
    const compiled = await compile(mail);
    const reader = new ContentReader({ idleTimeout: settings.socketTimeout, signal });
    try {
      // nothing is uploaded from the reader, so that it is not needed any more
      return await prepare(compiled, readMessageSettings(compiled, settings), { settings, reader, signal, logger: QUIET });
    } finally {
      if (reader.used) await reader.dispose();
    }
  }
}

const QUIET = { warn: () => undefined, debug: () => undefined };

const LATER_CONTENT = Buffer.from('added to the draft afterwards\r\n');
const LATER: PreparedUpload = {
  description: { '@odata.type': '#microsoft.graph.fileAttachment', name: 'later.txt', contentType: 'text/plain', isInline: false },
  size: LATER_CONTENT.length,
  // eslint-disable-next-line @typescript-eslint/require-await -- an iterable has to be asynchronous
  async *pieces(start, length) {
    yield LATER_CONTENT.subarray(start, start + length);
  },
};
