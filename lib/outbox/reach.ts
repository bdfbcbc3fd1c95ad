import { GraphTransportError, isGraphTransportError } from '../errors/graph-transport-error.js';

/** Milliseconds for `task`, which waits for Redis; what Redis says then is its own. */
export async function reached<T>(task: Promise<T>, timeout: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const hint = 'Check "connection", the network and whether Redis runs.';
      reject(new GraphTransportError('ECONNECTION', `Redis did not answer within ${timeout} ms. ${hint}`, { hint }));
    }, timeout);
  });
  task.catch(() => undefined);
  try {
    return await Promise.race([task, late]);
  } catch (error) {
    throw isGraphTransportError(error) ? error : redisError(error);
  } finally {
    clearTimeout(timer);
  }
}

/** An error of ioredis or of Redis. Its text holds no content: Redis names commands, and ioredis hosts. */
export function redisError(error: unknown, what = 'Redis refused or was not reached'): GraphTransportError {
  const { message = '', name = '' } = error as Error;
  const said = message.replace(/\/\/[^@/\s]*@/g, '//').slice(0, 200);
  if (/^(NOAUTH|WRONGPASS|NOPERM)/.test(said)) {
    const hint = 'Check user, password and rights (ACL) of "connection".';
    return new GraphTransportError('EAUTH', `${what}: ${said}. ${hint}`, { permanent: true, hint });
  }
  if (/^OOM/.test(said)) {
    const hint = 'Give Redis more memory (maxmemory).';
    return new GraphTransportError('ECONNECTION', `${what}: its memory is full. ${hint}`, { hint });
  }
  return new GraphTransportError('ECONNECTION', `${what}: ${said || name}`);
}
