import type { App } from '../../settings.js';
import type { SandboxOperation } from '../../types.js';
import type { ApiCaller } from '../api-types.js';
import { permissionsFor, type CallerEntry } from '../journal/callers.js';
import { renderCallerBrief } from './render-request.js';

type Permission = ApiCaller['permissions'][number];

/** What an app may do beside what it did: least privilege as a table. */
export function renderCaller({ caller, tokens, requests, lastUsedAt, operations }: CallerEntry, app: App | undefined): ApiCaller {
  const delegated = caller.scopes;
  const inToken = delegated ?? caller.roles;
  const byExchange = delegated ? [] : (app?.exchangeRoles ?? []).filter((permission) => !inToken.includes(permission));
  const granted = [...inToken, ...byExchange];
  const needed = neededBy([...operations.keys()], granted);
  const names = [...new Set([...granted, ...needed.keys()])];
  const permissions = names.map((name): Permission => {
    const used = needed.get(name) ?? [];
    return { name, source: sourceOf(name, inToken, byExchange, delegated !== undefined), used: sum(used, operations), operations: used };
  });
  const unused = granted.filter((name) => !needed.has(name));
  const missing = [...needed.keys()].filter((name) => !granted.includes(name));
  return {
    ...renderCallerBrief(caller),
    audience: caller.audience,
    issuedAt: caller.issuedAt.toISOString(),
    tokens,
    requests,
    lastUsedAt: lastUsedAt.toISOString(),
    permissions,
    unused,
    missing,
    allowedMailboxes: app?.allowedMailboxes ?? null,
    advice: advise({ unused, missing, inToken, scoped: app?.allowedMailboxes !== undefined, delegated: delegated !== undefined }),
  };
}

/** The fewest permissions that would do, each with what needs it; of two that would do, one that is granted. */
function neededBy(operations: SandboxOperation[], granted: readonly string[]): Map<string, SandboxOperation[]> {
  const needed = new Map<string, SandboxOperation[]>();
  const wanted = operations.map((operation) => ({ operation, any: permissionsFor(operation) })).filter(({ any }) => any.length > 0);
  for (const { operation, any } of wanted.sort((one, two) => one.any.length - two.any.length)) {
    const least = any.at(-1) as string;
    const name =
      any.find((permission) => needed.has(permission)) ??
      any.find((permission) => permission === least && granted.includes(permission)) ??
      any.find((permission) => granted.includes(permission)) ??
      least;
    needed.set(name, [...(needed.get(name) ?? []), operation]);
  }
  return needed;
}

const sum = (used: SandboxOperation[], counts: Map<SandboxOperation, number>): number =>
  used.reduce((total, operation) => total + (counts.get(operation) ?? 0), 0);

function sourceOf(name: string, inToken: readonly string[], byExchange: readonly string[], delegated: boolean): Permission['source'] {
  if (inToken.includes(name)) return delegated ? 'delegated' : 'entra';
  return byExchange.includes(name) ? 'exchange' : 'missing';
}

interface Facts {
  unused: string[];
  missing: string[];
  inToken: readonly string[];
  scoped: boolean;
  delegated: boolean;
}

function advise({ unused, missing, inToken, scoped, delegated }: Facts): string[] {
  const advice = missing.map((name) => `${name} is missing: requests that need it are refused with 403.`);
  for (const name of unused) {
    advice.push(
      name === 'Mail.ReadWrite'
        ? 'Mail.ReadWrite was not needed so far: only the draft route does (messages above 4 MiB, or route: draft).'
        : `${name} was not needed so far.`,
    );
  }
  const everywhere = inToken.filter((name) => name.startsWith('Mail.'));
  if (!delegated && !scoped && everywhere.length > 0) {
    advice.push(
      `${everywhere.join(' and ')} in the token ${everywhere.length > 1 ? 'are' : 'is'} good for every mailbox of the tenant. In production grant it by RBAC for Applications, for one mailbox; here: apps: [{ roles: [], allowedMailboxes: [...] }].`,
    );
  }
  return advice;
}
