import { GraphTransportError, isGraphTransportError } from '../errors/graph-transport-error.js';

/** Waits for Redis, and its errors as this package's. */
export interface Reach {
  /** Bounds a wait by ms. @throws {GraphTransportError} */
  within<T>(task: Promise<T>, timeout: number): Promise<T>;
  error(error: unknown): GraphTransportError;
}

/** @param trouble what the connection suffers from at this moment, such as `connect ECONNREFUSED 127.0.0.1:6379` */
export function createReach(trouble: () => string | undefined): Reach {
  const failure = (error: unknown) => (isGraphTransportError(error) ? error : redisError(error, trouble()));
  return {
    async within(task, timeout) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          const hint = 'Check "connection", the network and whether Redis runs.';
          const because = trouble();
          const what = `Redis did not answer within ${timeout} ms${because === undefined ? '' : ` (${because})`}`;
          reject(new GraphTransportError('ECONNECTION', `${what}. ${hint}`, { hint }));
        }, timeout);
      });
      task.catch(() => undefined);
      try {
        return await Promise.race([task, late]);
      } catch (error) {
        throw failure(error);
      } finally {
        clearTimeout(timer);
      }
    },
    error: failure,
  };
}

/** Errors that say: Redis has not done it. */
const refusals = new WeakSet<GraphTransportError>();

/** Whether Redis refused a command or a script as a whole, so that nothing of it was done. */
export function isRefusal(error: unknown): boolean {
  return refusals.has(error as GraphTransportError);
}

/** What is refused before the first write of a script. A missing right may be found out in its middle, unless it is that of the script itself. */
const AS_A_WHOLE = /^(OOM|MISCONF|READONLY|NOAUTH|LOADING|MASTERDOWN|NOREPLICAS|BUSY|CLUSTERDOWN|NOPERM.*'(eval|evalsha)')/;

/** An error of ioredis or of Redis. Its text holds no content: Redis names commands, and ioredis hosts. */
function redisError(error: unknown, trouble: string | undefined): GraphTransportError {
  const { message = '', name = '' } = error as Error;
  // ioredis says how often it tried, and not why in vain
  const text = name === 'MaxRetriesPerRequestError' && trouble !== undefined ? trouble : message;
  const said = withoutSecrets(text).slice(0, 200).replace(/[.]$/, '');
  const made = describe(said || name);
  if (name === 'ReplyError' && AS_A_WHOLE.test(said)) refusals.add(made);
  return made;
}

export function withoutSecrets(text: string): string {
  return text.replace(/\/\/[^@/\s]*@/g, '//');
}

function describe(said: string): GraphTransportError {
  const what = 'Redis refused or was not reached';
  if (/^(NOAUTH|WRONGPASS|NOPERM)/.test(said)) {
    const hint = 'Check user, password and rights (ACL) of "connection".';
    return new GraphTransportError('EAUTH', `${what}: ${said}. ${hint}`, { permanent: true, hint });
  }
  if (/^OOM/.test(said)) {
    const hint = 'Give Redis more memory (maxmemory).';
    return new GraphTransportError('ECONNECTION', `${what}: its memory is full. ${hint}`, { hint });
  }
  if (/^MISCONF/.test(said)) {
    const hint = 'Make room on the disk of Redis; its log says what failed.';
    return new GraphTransportError('ECONNECTION', `${what}: it cannot write to its disk (${said.replace(/ script: .*$/, '')}). ${hint}`, {
      hint,
    });
  }
  return new GraphTransportError('ECONNECTION', `${what}: ${said}`);
}
