import type { Caller } from './entra/access-tokens.js';
import type { Answer, Exchange } from './http/exchange.js';
import type { Mailbox } from './settings.js';
import type { SandboxState } from './state.js';
import type { Item } from './item.js';

/** A request about the tenant as a whole. */
export interface TenantCall {
  state: SandboxState;
  exchange: Exchange;
  caller: Caller;
  /** Parts of the path by their names in the route, decoded. */
  params: Record<string, string>;
}

/** A request about a mailbox that was let in. */
export interface GraphCall extends TenantCall {
  mailbox: Mailbox;
  /** Whether the request speaks of immutable ids. */
  immutableIds: boolean;
}

/** A request about one message. */
export interface ItemCall extends GraphCall {
  item: Item;
}

/** Answers a request. @throws Refusal */
export type Handler<Call> = (call: Call) => Answer | Promise<Answer>;
