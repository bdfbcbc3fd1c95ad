import type { MessageArguments } from './arguments.js';
import { EX } from '../exit-status.js';

/** What became of a message, in the words of `sysexits.h` and for a person. */
export interface Verdict {
  status: number;
  /** Why it was not taken; empty for one that was. */
  text: string;
}

export interface SmtpSession {
  /** Standard input. */
  input: AsyncIterable<Buffer>;
  reply: (line: string) => void;
  hostname: string;
  /** Takes a message as if it had come with these arguments. */
  accept: (message: Buffer, given: MessageArguments) => Promise<Verdict>;
}

const TRANSACTION = { recipients: [], recipientsFromHeader: false, ignoreDots: true, fullName: undefined };
/** As long as RFC 5321 allows a command line with extensions to be, and more. */
const MOST_COMMAND = 4096;
/** Of RFC 5321, 4.5.3.1.8: at least 100; Exchange takes 500, and more are refused there. */
const MOST_RECIPIENTS = 1000;

/**
 * `sendmail -bs`: SMTP on standard input and output, as mailers such as Symfony's start it. No server: nobody signs in, nothing is relayed
 * for others, and it ends with its input.
 *
 * @returns the exit status: that of the last message that was not taken
 */
export async function serveSmtp({ input, ...session }: SmtpSession): Promise<number> {
  const lines = readLines(input);
  try {
    return await converse(lines, session);
  } finally {
    // a client may keep its end open behind QUIT
    await lines.return(undefined);
  }
}

async function converse(lines: AsyncIterator<Buffer, undefined>, { reply, hostname, accept }: Omit<SmtpSession, 'input'>): Promise<number> {
  let transaction: MessageArguments | undefined;
  let failed: number = EX.OK;
  reply(`220 ${hostname} ESMTP`);
  for (;;) {
    const { done, value: line } = await lines.next();
    if (done === true) return failed;
    const command = line.toString('utf8').replace(/\r?\n$/, '');
    const verb = /^[a-z]*/i.exec(command)?.[0].toUpperCase() ?? '';
    if (line.length > MOST_COMMAND) reply('500 5.5.6 Line too long');
    else if (verb === 'EHLO') {
      transaction = undefined;
      for (const extension of [hostname, 'PIPELINING', '8BITMIME']) reply(`250-${extension}`);
      reply('250 SMTPUTF8');
    } else if (verb === 'HELO') {
      transaction = undefined;
      reply(`250 ${hostname}`);
    } else if (verb === 'MAIL') {
      const sender = addressOf(command, /^MAIL\s+FROM:/i);
      if (transaction) reply('503 5.5.1 There is a message already: RSET');
      else if (sender === undefined) reply('501 5.1.7 MAIL FROM:<address>');
      else {
        transaction = { ...TRANSACTION, sender };
        reply('250 2.1.0 Ok');
      }
    } else if (verb === 'RCPT') {
      const recipient = addressOf(command, /^RCPT\s+TO:/i);
      if (!transaction) reply('503 5.5.1 MAIL first');
      else if (!recipient) reply('501 5.1.3 RCPT TO:<address>');
      else if (transaction.recipients.length >= MOST_RECIPIENTS) reply('452 4.5.3 Too many recipients');
      else {
        transaction = { ...transaction, recipients: [...transaction.recipients, recipient] };
        reply('250 2.1.5 Ok');
      }
    } else if (verb === 'DATA') {
      if (!transaction || transaction.recipients.length === 0) {
        reply('503 5.5.1 MAIL and RCPT first');
        continue;
      }
      reply('354 End with a dot on a line of its own');
      const message = await readData(lines, line.at(-2) === 13 ? '\r\n' : '\n');
      if (message === undefined) return EX.DATAERR;
      const verdict = await accept(message, transaction);
      transaction = undefined;
      if (verdict.status !== EX.OK) failed = verdict.status;
      reply(describe(verdict));
    } else if (verb === 'RSET') {
      transaction = undefined;
      reply('250 2.0.0 Ok');
    } else if (verb === 'NOOP') reply('250 2.0.0 Ok');
    else if (verb === 'VRFY') reply('252 2.5.2 Send, and see');
    else if (verb === 'QUIT') {
      reply('221 2.0.0 Bye');
      return failed;
    } else reply('502 5.5.2 Not known here');
  }
}

/** Only "try again later" may be tried again: what was perhaps sent must not be. */
function describe({ status, text }: Verdict): string {
  if (status === EX.OK) return '250 2.0.0 Accepted';
  const why = text.replace(/[^ -~]+/g, ' ').slice(0, 400);
  return `${status === EX.TEMPFAIL ? '451 4.3.0' : '554 5.0.0'} ${why || 'Not accepted'}`;
}

/** The one address of a command; `''` for the null sender, `undefined` for what is none. */
function addressOf(command: string, start: RegExp): string | undefined {
  const [name] = start.exec(command) ?? [];
  if (name === undefined) return undefined;
  const rest = command.slice(name.length).trimStart();
  return /^<([^\s<>,;]*)>(?:\s|$)/.exec(rest)?.[1];
}

/**
 * The message up to the lone dot, its own dots taken back; `undefined` if the input ends before. A line ends as DATA's own does and in no
 * other way, since a client looks for dots at those ends alone: else a bare LF within a text could end it, and the rest be commands.
 */
async function readData(lines: AsyncIterator<Buffer, undefined>, ending: '\r\n' | '\n'): Promise<Buffer | undefined> {
  const kept: Buffer[] = [];
  for (let begins = true; ;) {
    const { done, value: line } = await lines.next();
    if (done === true) return undefined;
    const dotted = begins && line[0] === 46;
    if (dotted && line.toString('latin1') === `.${ending}`) return Buffer.concat(kept);
    kept.push(dotted ? line.subarray(1) : line);
    begins = ending === '\n' || line.at(-2) === 13;
  }
}

/** Pieces that end in LF, and the rest. */
async function* readLines(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer, undefined> {
  let pieces: Buffer[] = [];
  for await (const chunk of input) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      yield Buffer.concat([...pieces, chunk.subarray(from, end + 1)]);
      pieces = [];
      from = end + 1;
    }
    if (from < chunk.length) pieces.push(chunk.subarray(from));
  }
  if (pieces.length > 0) yield Buffer.concat(pieces);
  return undefined;
}
