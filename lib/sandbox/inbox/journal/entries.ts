import type { SandboxAddress, SandboxMessage, SandboxRequest } from '../../types.js';

/** What a request says about its message, where it can be read. */
export interface About {
  subject: string;
  from: SandboxAddress | undefined;
  to: SandboxAddress[];
  cc: SandboxAddress[];
  bcc: SandboxAddress[];
  messageId: string | undefined;
  format: 'json' | 'mime';
}

/** A request with its place in the story. */
export interface RequestEntry {
  seq: number;
  record: SandboxRequest;
  send: Send | undefined;
  about: About | undefined;
  /** Sentence on the fault that struck. */
  faultLabel: string | undefined;
  newConnection: boolean;
}

/** One attempt of an app to get one message sent: all requests it made for that. */
export interface Send {
  key: string;
  requests: RequestEntry[];
  about: About | undefined;
  /** Set once it was delivered. */
  message: MessageEntry | undefined;
  /** Set as long as its last try was refused. */
  refused: RefusedEntry | undefined;
}

/** A delivered message. */
export interface MessageEntry {
  kind: 'message';
  seq: number;
  /** Of the row: the message's, unless that was delivered twice. */
  id: string;
  message: SandboxMessage;
  send: Send;
  read: boolean;
}

/** A send that was refused. */
export interface RefusedEntry {
  kind: 'refused';
  seq: number;
  /** Of its first refused request. */
  id: string;
  send: Send;
  /** The last one refused. */
  last: RequestEntry;
  attempts: number;
}
