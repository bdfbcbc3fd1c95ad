import type { GraphCall, Handler, ItemCall } from './graph-call.js';
import { sendMail } from './operations/send-mail.js';
import type { SandboxOperation } from './types.js';

interface CommonRoute {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below `/v1.0/users/{id}` or `/v1.0/me`; `:name` takes one segment. */
  path: string;
  operation: SandboxOperation;
  /** Any of these permissions will do. */
  needs: readonly string[];
}

/** A route to a mailbox. */
export interface MailboxRoute extends CommonRoute {
  run: Handler<GraphCall>;
}

/** A route to one message, `:message` in its path. */
export interface ItemRoute extends CommonRoute {
  runOnItem: Handler<ItemCall>;
  /** Whether two of them at a time on one message conflict. */
  writes: boolean;
}

export type Route = MailboxRoute | ItemRoute;

const send = ['Mail.Send'];

/** Everything the sandbox's Graph answers. */
export const routes: readonly Route[] = [{ method: 'POST', path: '/sendMail', operation: 'sendMail', needs: send, run: sendMail }];
