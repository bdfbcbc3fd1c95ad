import type { WorkerContext } from './worker-context.js';

/** Lets the apps know whether drafts can be made, which is the safer way. Whether anybody can sign in at all is the messages' business. */
export async function tellGrants({ graph, line }: WorkerContext): Promise<void> {
  const token = await graph.tokens.get().catch(() => undefined);
  if (token === undefined) return;
  const { connection, keys } = line;
  await connection.client.call('HSET', keys.facts, 'readWrite', mayReadWrite(token) ? '1' : '0');
}

/** Whether a token carries Mail.ReadWrite; an opaque one says nothing. */
function mayReadWrite(token: string): boolean {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as { roles?: unknown; scp?: unknown };
    const granted = [
      ...(Array.isArray(claims.roles) ? (claims.roles as unknown[]) : []),
      ...(typeof claims.scp === 'string' ? claims.scp.split(' ') : []),
    ];
    return granted.some((name) => /^Mail\.ReadWrite(\.Shared)?$/.test(String(name)));
  } catch {
    return false;
  }
}
