import { checkMailbox, checkPermission } from './access.js';
import type { GraphCall, ItemCall, TenantCall } from './graph-call.js';
import { describeRefusal } from './error-envelope.js';
import type { Answer, Exchange } from './http/exchange.js';
import type { Surface } from './http/serve.js';
import { badRequest, defaultError, itemNotFound, Refusal } from './refusal.js';
import { matchRoute, type RouteMatch } from './match-route.js';
import { isItemId } from './mail/ids.js';
import { occupy } from './occupy.js';
import type { ItemRoute, Route, TenantRoute } from './routes.js';
import type { SandboxState } from './state.js';
import type { Item } from './item.js';

/** Microsoft Graph. */
export function createGraphSurface(state: SandboxState): Surface {
  return {
    open: (exchange) => {
      const match = matchRoute(exchange.method, exchange.path);
      let call: TenantCall | undefined;
      return {
        operation: match.route?.operation ?? 'unknown',
        mailbox: match.user === undefined ? undefined : (state.directory.mailbox(match.user)?.userPrincipalName ?? match.user),
        enter: () => {
          const admitted = admit(state, exchange, match);
          call = admitted.call;
          return admitted.leave;
        },
        // not reached unless `enter` succeeded
        run: () => runRoute(match.route as Route, call as TenantCall),
      };
    },
    refuse: describeRefusal,
    defaultError,
  };
}

function admit(state: SandboxState, exchange: Exchange, match: RouteMatch): { call: TenantCall; leave: () => void } {
  const caller = state.tokens.check(exchange.request.headers.authorization, state.origins.graph);
  exchange.record.caller = caller;
  if (match.refusal) throw match.refusal;
  const route = match.route as Route;
  checkPermission(state, caller, route.needs);
  if ('runForTenant' in route) return { call: { state, exchange, caller, params: match.params }, leave: () => undefined };
  const mailbox = checkMailbox(state, caller, match.user);
  exchange.record.mailbox = mailbox.userPrincipalName;
  const immutableIds = /IdType\s*=\s*"?ImmutableId"?/i.test(String(exchange.request.headers.prefer ?? ''));
  const call: GraphCall = { state, exchange, caller, mailbox, immutableIds, params: match.params };
  const leaveTraffic = state.traffic.enter(caller.appId, mailbox.id);
  if (!('runOnItem' in route)) return { call, leave: leaveTraffic };
  try {
    const item = findItem(call);
    const leaveItem = route.writes ? occupy(item) : () => undefined;
    const itemCall: ItemCall = { ...call, item };
    return {
      call: itemCall,
      leave: () => {
        leaveItem();
        leaveTraffic();
      },
    };
  } catch (error) {
    leaveTraffic();
    throw error;
  }
}

function findItem({ state, exchange, mailbox, immutableIds, params }: GraphCall): Item {
  const id = params.message ?? '';
  if (!isItemId(id)) throw badRequest('ErrorInvalidIdMalformed', 'Id is malformed.');
  const item = state.store.find(id, immutableIds);
  if (!item || item.visibleFrom > Date.now()) throw itemNotFound();
  if (item.mailbox.id !== mailbox.id) {
    throw new Refusal(
      503,
      'ErrorMailboxMoveInProgress',
      `Mailbox move in progress. Try again later., Cross Server access is not allowed for mailbox ${item.mailbox.id}`,
    );
  }
  exchange.record.itemId = item.immutableId;
  item.requestIds.push(exchange.requestId);
  return item;
}

function runRoute(route: Route, call: TenantCall): Answer | Promise<Answer> {
  if ('runForTenant' in route) return (route satisfies TenantRoute).runForTenant(call);
  return 'runOnItem' in route ? (route satisfies ItemRoute).runOnItem(call as ItemCall) : route.run(call as GraphCall);
}
