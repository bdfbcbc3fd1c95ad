import { randomBytes } from 'node:crypto';
import type { Item } from './item.js';

/** What `createUploadSession` was told about the file. */
export interface AttachmentDescription {
  name: string;
  size: number;
  contentType: string;
  contentId: string | undefined;
  isInline: boolean;
}

/** An attachment that is being uploaded. */
export interface UploadSession {
  id: string;
  /** Opens the session without a sign-in. */
  token: string;
  /** App that made it: its requests count against that app's limits. */
  appId: string;
  item: Item;
  /** Id of the message as the client knows it. */
  messageId: string;
  file: AttachmentDescription;
  received: number;
  /** Empty where content is not kept. */
  chunks: Buffer[];
  expiresAt: Date;
}

/** The open upload sessions of a sandbox. */
export class Uploads {
  readonly #sessions = new Map<string, UploadSession>();

  constructor(private readonly lifetime: number) {}

  open(about: Pick<UploadSession, 'appId' | 'item' | 'messageId' | 'file'>): UploadSession {
    const session: UploadSession = {
      ...about,
      id: `AAMkAG${randomBytes(60).toString('base64url')}`,
      token: randomBytes(60).toString('base64url'),
      received: 0,
      chunks: [],
      expiresAt: new Date(Date.now() + this.lifetime),
    };
    this.#sessions.set(session.id, session);
    return session;
  }

  /** The session, unless it is over: completed, cancelled or expired. */
  find(id: string): UploadSession | undefined {
    const session = this.#sessions.get(id);
    if (session && session.expiresAt.getTime() <= Date.now()) this.close(session);
    return this.#sessions.get(id);
  }

  /** Those under way. */
  list(): UploadSession[] {
    const now = Date.now();
    return [...this.#sessions.values()].filter(({ expiresAt }) => expiresAt.getTime() > now);
  }

  close({ id }: UploadSession): void {
    this.#sessions.delete(id);
  }

  clear(): void {
    this.#sessions.clear();
  }
}
