import { accessSync, constants } from 'node:fs';
import { hostname } from 'node:os';
import { readConnection, readEnvFile, type Connection, type ConnectionFlags } from '../connection.js';
import type { SendmailContext } from './message.js';

/** The flags of sendmail that are not sendmail's. */
export interface SendmailFlags extends ConnectionFlags {
  localRecipient?: string;
  localDomain?: string;
  forceFrom?: string;
  spool?: string;
}

/** What a message is made and sent with. */
export interface SendmailSettings {
  /** For the transport. */
  options: Record<string, unknown>;
  /** What the user calls them. */
  names: Connection['names'];
  context: Omit<SendmailContext, 'now' | 'uniqueId'>;
}

/** Names a file as `--env-file` does, where no flag may: the wrapper's way. */
export const ENV_FILE = 'GRAPH_ENV_FILE';

/**
 * Takes what stands in `--env-file` into the environment, proxies included, as a shell that reads the file first.
 *
 * @throws {GraphTransportError} `ECONFIG`
 */
export async function enterEnvironment({ envFile, ...flags }: SendmailFlags): Promise<SendmailFlags> {
  const file = envFile ?? process.env[ENV_FILE];
  if (file) Object.assign(process.env, await readEnvFile(file));
  return flags;
}

/** Whether the settings are there, and not for this user: then somebody else sends what he puts into the spool. */
export function areForOthers({ envFile }: SendmailFlags): boolean {
  const file = envFile ?? process.env[ENV_FILE];
  if (!file) return false;
  try {
    accessSync(file, constants.R_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
}

/** The folder of the spool, if there is one. */
export function spoolFolder({ spool, envPrefix = 'GRAPH_' }: SendmailFlags): string | undefined {
  return spool ?? (process.env[`${envPrefix}SPOOL`] || undefined);
}

/** @throws {GraphTransportError} `ECONFIG` */
export async function readSettings({ localRecipient, localDomain, forceFrom, ...flags }: SendmailFlags): Promise<SendmailSettings> {
  const { options, names } = await readConnection(flags);
  const set = (name: string) => process.env[`${flags.envPrefix ?? 'GRAPH_'}${name}`] || undefined;
  // the mailbox that sends; of a person who has signed in the account's own
  const mailbox = options['mailbox'] ?? options['login'];
  return {
    options,
    names,
    context: {
      mailbox: typeof mailbox === 'string' ? mailbox : undefined,
      localRecipient: localRecipient ?? set('LOCAL_RECIPIENT'),
      hostname: hostname(),
      localDomains: (localDomain ?? set('LOCAL_DOMAINS') ?? '')
        .toLowerCase()
        .split(/[\s,]+/)
        .filter(Boolean),
      forceFrom: forceFrom ?? set('FORCE_FROM'),
    },
  };
}
