import { homedir } from 'node:os';
import { join } from 'node:path';
import { loadPart } from '../../errors/load-package.js';
import { createEncryptedStore, readKey } from './encrypted-store.js';
import type { TokenStore } from './token-store.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where sign-ins are kept unless `GRAPH_TOKEN_CACHE` names another file: where each system keeps such things. */
export function defaultCachePath(env: Environment, platform: NodeJS.Platform = process.platform, home = homedir()): string {
  const base =
    platform === 'win32'
      ? (env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'))
      : platform === 'darwin'
        ? join(home, 'Library', 'Application Support')
        : env['XDG_STATE_HOME'] || join(home, '.local', 'state');
  return join(base, 'nodemailer-graph-transport', 'sign-ins.json');
}

/**
 * The file of `GRAPH_TOKEN_CACHE` or the default one, encrypted where `GRAPH_TOKEN_CACHE_KEY` is set.
 *
 * @throws {GraphTransportError} `ECONFIG` for a key of the wrong form
 */
export function createDefaultStore(env: Environment): TokenStore {
  const store = fileStore(env['GRAPH_TOKEN_CACHE'] || defaultCachePath(env));
  const key = env['GRAPH_TOKEN_CACHE_KEY'];
  return key ? createEncryptedStore(store, readKey(key, 'GRAPH_TOKEN_CACHE_KEY')) : store;
}

/** A file store whose code is loaded when it is used: few apps sign in a person. */
function fileStore(path: string): TokenStore {
  const open = async () => (await loadPart(() => import('./file-store.js'))).createFileStore(path);
  return {
    where: path,
    load: async () => (await open()).load(),
    save: async (text) => (await open()).save(text),
    withLock: async (work) => (await open()).withLock(work),
  };
}
