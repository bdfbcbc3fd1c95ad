import type { Faults } from './faults.js';
import { readIncoming } from './mail/incoming.js';
import type { App, Mailbox } from './settings.js';
import type { SandboxState } from './state.js';
import type { Sandbox, SandboxMessage } from './types.js';

const DEFAULT_WAIT = 5000;

/** What a running sandbox consists of. */
export interface SandboxParts {
  state: SandboxState;
  faults: Faults;
  /** PEM. */
  ca: string;
  inboxUrl: string | undefined;
  stop: () => Promise<void>;
}

/** The face of a running sandbox. */
export function createSandbox({ state, faults, ca, inboxUrl, stop }: SandboxParts): Sandbox {
  const { settings, store, origins, tokens, uploads } = state;
  const app = settings.apps[0] as App;
  const mailbox = settings.mailboxes[0] as Mailbox;
  const waiting = new Set<(reason: Error) => void>();
  let closing: Promise<void> | undefined;

  const userOf = (name: string): Mailbox => {
    const user = state.directory.mailbox(name);
    if (!user) throw new RangeError(`The sandbox has no mailbox ${name}.`);
    return user;
  };

  const close = (): Promise<void> => {
    for (const reject of waiting) reject(new Error('The sandbox was closed.'));
    return (closing ??= stop());
  };

  const waitForMessage: Sandbox['waitForMessage'] = (predicate = () => true, { timeout = DEFAULT_WAIT } = {}) => {
    const past = store.messages.find(predicate);
    if (past) return Promise.resolve(past);
    if (closing) return Promise.reject(new Error('The sandbox was closed.'));
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        giveUp();
        waiting.delete(fail);
      };
      const fail = (reason: Error): void => {
        settle();
        reject(reason);
      };
      const giveUp = store.onDelivery({
        accepts: predicate,
        resolve: (message: SandboxMessage) => {
          settle();
          resolve(message);
        },
      });
      const timer = setTimeout(() => fail(new Error(describeTimeout(timeout, store.messages))), timeout);
      waiting.add(fail);
    });
  };

  return {
    graphEndpoint: origins.graph,
    authorityHost: origins.authority,
    ca,
    inboxUrl,
    tenantId: settings.tenantId,
    options: {
      tenantId: settings.tenantId,
      clientId: app.clientId,
      clientSecret: app.clientSecret ?? '',
      mailbox: mailbox.userPrincipalName,
      graphEndpoint: origins.graph,
      authorityHost: origins.authority,
      tls: { ca },
    },
    messages: store.messages,
    bounces: store.bounces,
    requests: store.requests,
    get drafts() {
      return store.drafts().map(({ immutableId, mailbox: owner, content }) => ({
        id: immutableId,
        mailbox: owner.userPrincipalName,
        subject: content.subject,
        messageId: content.messageId,
      }));
    },
    sentItems: (name) => {
      const owner = state.directory.mailbox(name);
      if (!owner) throw new RangeError(`The sandbox has no mailbox ${name}.`);
      return store
        .items()
        .flatMap((item) => (item.mailbox === owner && item.folder === 'sentitems' && item.delivered ? [item.delivered] : []));
    },
    receive: async (name, source) => {
      const owner = userOf(name);
      store.addIncoming(owner, await readIncoming(Buffer.from(source), owner));
    },
    waitForMessage,
    fail: (rule) => faults.add(rule),
    get faults() {
      return faults.list();
    },
    deleteMessage: (id) => store.take((message) => message.id === id).messages.length > 0,
    issueToken: (claims) => tokens.issue(app, origins.graph, claims),
    signIn: (name, { clientId = app.clientId, scopes = ['Mail.Send'] } = {}) => {
      if (!state.directory.app(clientId)) throw new RangeError(`The sandbox has no app ${clientId}.`);
      return state.signIns.issueRefreshToken({ clientId, user: userOf(name), scopes, offline: true, nonce: undefined });
    },
    answerDevice: (userCode, answer) => state.signIns.answerDevice(userCode, answer === 'declined' ? answer : userOf(answer)),
    revokeSignIns: (name) => state.signIns.revoke(name === undefined ? undefined : userOf(name)),
    clear: () => {
      state.signIns.clear();
      store.clear();
      uploads.clear();
      faults.clear();
      state.traffic.clear();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function describeTimeout(timeout: number, messages: readonly SandboxMessage[]): string {
  const subjects = messages.map(({ subject }) => `'${subject}'`).join(', ');
  return `No matching message within ${timeout} ms. Accepted so far: ${subjects || 'none'}.`;
}
