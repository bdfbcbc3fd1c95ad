import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Faults } from '../faults.js';
import { Refusal } from '../refusal.js';
import type { FaultRule, SandboxOperation, SandboxRequest } from '../types.js';
import type { Connections } from './connections.js';
import { openExchange, type Answer, type Exchange } from './exchange.js';
import { pause } from './pause.js';
import { readBody } from './read-body.js';
import { respond } from './respond.js';

/** A request whose target is known, before its body was read. */
export interface Visit {
  operation: SandboxOperation;
  mailbox: string | undefined;
  /**
   * Decides by the headers alone whether the request is let in.
   * @returns what to call when the request is over
   * @throws Refusal
   */
  enter(): () => void;
  /** @throws Refusal */
  run(): Answer | Promise<Answer>;
}

/** One origin: which requests it knows and how it words an error. */
export interface Surface {
  open(exchange: Exchange): Visit;
  refuse(refusal: Refusal, exchange: Exchange): Answer;
  defaultError(status: number): [code: string, message: string];
}

/** What serving needs of the sandbox. */
export interface ServeContext {
  connections: Connections;
  faults: Faults;
  keepContent: boolean;
  record(request: SandboxRequest, exchange: Exchange): void;
}

interface Outcome {
  answer: Answer;
  cut?: FaultRule['cut'];
}

/** Serves one request from its first header to the end of its answer. Never rejects. */
export async function serve(context: ServeContext, surface: Surface, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const exchange = openExchange(request, response, context.connections);
  const { record } = exchange;
  let leave = (): void => undefined;
  try {
    const visit = surface.open(exchange);
    record.operation = visit.operation;
    record.mailbox = visit.mailbox;
    let refusal: Error | undefined;
    try {
      leave = visit.enter();
    } catch (error) {
      refusal = error as Error;
    }
    const complete = await readBody(exchange);
    const answer = async (): Promise<Answer> => {
      try {
        if (refusal) throw refusal;
        if (exchange.tooLarge) throw new Refusal(413, ...surface.defaultError(413));
        return await visit.run();
      } catch (error) {
        const refused = error instanceof Refusal ? error : ownFault(error);
        record.reason = refused.reason ?? refused.message;
        return surface.refuse(refused, exchange);
      }
    };
    const outcome = complete ? await decide(context, surface, exchange, answer) : undefined;
    leave();
    finish(context, exchange, outcome);
  } catch {
    // the client is gone in the middle of the answer, or the sandbox is closing
    leave();
    request.socket.destroy();
  }
}

/** The outcome of a request, faults included; undefined where nobody is left to answer. */
async function decide(
  context: ServeContext,
  surface: Surface,
  exchange: Exchange,
  run: () => Promise<Answer>,
): Promise<Outcome | undefined> {
  const fault = context.faults.take(exchange.record);
  if (!fault) return { answer: await run() };
  const { rule } = fault;
  exchange.record.fault = fault.id;
  const early = rule.accepted ? await run() : undefined;
  if (early && early.status >= 400) {
    // what is refused takes no effect: the fault waits for a request that does
    fault.giveBack();
    exchange.record.fault = undefined;
    return { answer: early };
  }
  await pause(rule.delay ?? 0, exchange.gone);
  if (exchange.gone.aborted) return undefined;
  if (rule.status === undefined && rule.cut === undefined) return { answer: early ?? (await run()) };
  const answer =
    rule.status === undefined ? (early ?? faultAnswer(rule, 500, surface, exchange)) : faultAnswer(rule, rule.status, surface, exchange);
  return { answer, cut: rule.cut };
}

function faultAnswer(rule: FaultRule, status: number, surface: Surface, exchange: Exchange): Answer {
  if (rule.body !== undefined) return { status, headers: rule.headers, body: rule.body, errorCode: rule.code };
  if (status < 400) return { status, headers: rule.headers };
  const [code, message] = surface.defaultError(status);
  return surface.refuse(new Refusal(status, rule.code ?? code, rule.message ?? message, rule.headers), exchange);
}

function finish(context: ServeContext, exchange: Exchange, outcome: Outcome | undefined): void {
  const { record } = exchange;
  record.durationMs = performance.now() - exchange.startedAt;
  if (outcome && outcome.cut !== 'reset') {
    const { status, errorCode, headers, body } = outcome.answer;
    record.status = status;
    record.errorCode = errorCode;
    record.answer = { headers: { ...headers }, body: status >= 400 ? body : undefined };
  }
  if (!context.keepContent) record.body = undefined;
  // recorded before it is sent: a test reads `requests` as soon as its own call settles
  context.record(record, exchange);
  if (outcome) respond(exchange, outcome.answer, outcome.cut, context.connections);
}

const ownFault = (error: unknown): Refusal =>
  new Refusal(
    500,
    'SandboxFailure',
    `The sandbox itself failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
