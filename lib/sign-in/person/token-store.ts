import { configError, show } from '../../errors/config-error.js';
import { GraphTransportError, isGraphTransportError } from '../../errors/graph-transport-error.js';
import { isError } from '../../errors/is-error.js';
import { safeCause } from '../../errors/safe-cause.js';

/** Where sign-ins are kept: a file, or a place of the app's own such as a database, a key vault or Redis. */
export interface TokenStore {
  /** What was saved last; `undefined` or `null` if there is nothing yet. */
  load(): Promise<string | null | undefined>;
  /** Keeps all of it or nothing. It holds refresh tokens: keep it as you keep passwords. */
  save(text: string): Promise<unknown>;
  /** Runs the work while no other process reads or writes; without it, only this process takes turns. */
  withLock?: <T>(work: () => Promise<T>) => Promise<T>;
  /** For errors, such as the file's path. */
  readonly where?: string;
}

/** A store as it is used here: one after another, and what goes wrong is told with its name. */
export interface OpenStore {
  readonly where: string;
  load(): Promise<string | undefined>;
  save(text: string): Promise<void>;
  withLock<T>(work: () => Promise<T>): Promise<T>;
}

/** Who is at a store: several transports of one process may have the same. */
const turns = new WeakMap<TokenStore, Promise<unknown>>();

/**
 * Opens a store, which may be of the app's own making.
 *
 * @throws {GraphTransportError} from its functions: `EAUTH`, not permanent, where the store fails; `ECONFIG` for what is no text
 */
export function openStore(store: TokenStore): OpenStore {
  const where = typeof store.where === 'string' ? store.where : 'the token store';
  const failed = (what: string) => (error: unknown) => {
    throw storeError(where, what, error);
  };
  // in functions of their own: the app's may be synchronous
  const load = async (): Promise<unknown> => store.load();
  const save = async (text: string): Promise<unknown> => store.save(text);
  return {
    where,
    load: async () => readText(await load().catch(failed('read'))),
    save: async (text) => void (await save(text).catch(failed('written'))),
    withLock: (work) => {
      const turn = (turns.get(store) ?? Promise.resolve()).then(() => (store.withLock ? underLock(store, work, where) : work()));
      turns.set(
        store,
        turn.catch(() => undefined),
      );
      return turn;
    },
  };
}

/** Whatever the app's lock returns, what counts is what the work did. */
async function underLock<T>(store: TokenStore, work: () => Promise<T>, where: string): Promise<T> {
  let ended: { value: T } | { error: unknown } | undefined;
  const locked = async () =>
    store.withLock?.(async () => {
      try {
        ended = { value: await work() };
      } catch (error) {
        ended = { error };
      }
    });
  let failure: unknown = new Error('withLock() did not run the work to its end');
  await locked().catch((error: unknown) => (failure = error));
  if (!ended) throw storeError(where, 'locked', failure);
  if ('error' in ended) throw ended.error;
  return ended.value;
}

function readText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array || Buffer.isBuffer(value)) return Buffer.from(value).toString('utf8');
  throw configError(`"login.load" must return the text that was saved, not ${show(value)}`);
}

function storeError(where: string, what: string, error: unknown): GraphTransportError {
  // such as a key that does not fit
  if (isGraphTransportError(error)) return error;
  const cause = safeCause(error);
  const { code } = (isError(error) ? error : {}) as { code?: string };
  const hint = /^(EACCES|EPERM|EROFS|EISDIR|ENOTDIR|ENOSPC|EDQUOT)$/.test(code ?? '')
    ? 'It must be a file that the user the app runs as may read and replace, in a folder where he may write (GRAPH_TOKEN_CACHE names another one).'
    : undefined;
  const said = `${where} cannot be ${what}: ${cause.message.slice(0, 300)}`;
  return new GraphTransportError('EAUTH', hint === undefined ? said : `${said}. ${hint}`, { hint, cause });
}
