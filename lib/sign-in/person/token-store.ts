/** Where sign-ins are kept: a file, or a place of the app's own such as a database, a key vault or Redis. */
export interface TokenStore {
  /** What was saved last; `undefined` if there is nothing yet. */
  load(): Promise<string | undefined>;
  /** Keeps all of it or nothing. It holds refresh tokens: keep it as you keep passwords. */
  save(text: string): Promise<void>;
  /** Runs the work while no other process reads or writes; without it, only this process takes turns. */
  withLock?: <T>(work: () => Promise<T>) => Promise<T>;
  /** For errors, such as the file's path. */
  readonly where?: string;
}

/** One after another, where the store has no lock of its own. */
export function takeTurns(store: TokenStore): Required<TokenStore> {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return turn;
  };
  return {
    where: store.where ?? 'the token store',
    load: () => store.load(),
    save: (text) => store.save(text),
    withLock: (work) => inTurn(() => (store.withLock ? store.withLock(work) : work())),
  };
}
