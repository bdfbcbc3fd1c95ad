/** What a command line says of a message. */
export interface MessageArguments {
  recipients: string[];
  /** `-t`: recipients stand in To, Cc and Bcc, too. */
  recipientsFromHeader: boolean;
  /** `-i`: a lone dot does not end the message. */
  ignoreDots: boolean;
  /** `-f`, `-r`: the envelope sender; `''` for the null sender. */
  sender: string | undefined;
  /** `-F`: the sender's name, for messages without From. */
  fullName: string | undefined;
}

/** What sendmail's command line asks for. */
export interface SendmailArguments extends MessageArguments {
  /** `send` a message; `serve`: by SMTP; `flush` or `showQueue`: of the spool; `nothing`: there is no alias file to look after. */
  task: 'send' | 'serve' | 'flush' | 'showQueue' | 'nothing';
  /** `-qI ID`: this message alone, also one that was given up. */
  queueId?: string | undefined;
  /** `-odq`: put it into the spool and send it later. */
  queueOnly: boolean;
  verbose: boolean;
}

/** A command line that cannot be understood. */
export class SendmailUsageError extends Error {
  override name = 'SendmailUsageError';
}

/** Postfix's letters; those with a value take it attached (`-fuser`) or as the next argument. */
const WITHOUT_VALUE = 'GIUcimntvx';
const WITH_VALUE = 'ABCFLNORVXbefhopr';
/** These take a value only where it is attached. */
const ATTACHED_VALUE = 'dq';

/**
 * Reads sendmail's command line as Postfix does: letters may stand together (`-ti`), values be attached, flags follow recipients.
 *
 * @throws {SendmailUsageError} for what is unknown or cannot be done here
 */
export function parseSendmailArguments(argv: readonly string[]): SendmailArguments {
  const result: SendmailArguments = {
    task: 'send',
    queueOnly: false,
    recipients: [],
    recipientsFromHeader: false,
    ignoreDots: false,
    sender: undefined,
    fullName: undefined,
    verbose: false,
  };
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] ?? '';
    if (argument === '--') {
      result.recipients.push(...argv.slice(index + 1));
      break;
    }
    if (!argument.startsWith('-') || argument === '-') {
      result.recipients.push(argument);
      continue;
    }
    if (argument.startsWith('--'))
      throw new SendmailUsageError(`unknown option ${argument}; this command's own options stand before sendmail's`);
    for (let at = 1; at < argument.length; at++) {
      const letter = argument.charAt(at);
      if (WITHOUT_VALUE.includes(letter)) {
        applyFlag(result, letter);
        continue;
      }
      let value = argument.slice(at + 1);
      if (WITH_VALUE.includes(letter) && value === '') {
        const next = argv[++index];
        if (next === undefined) throw new SendmailUsageError(`option -${letter} needs a value`);
        value = next;
      } else if (!WITH_VALUE.includes(letter) && !ATTACHED_VALUE.includes(letter)) {
        throw new SendmailUsageError(`unknown option -${letter}`);
      }
      // as Postfix: -qI takes its value as the next argument, too
      if (letter === 'q' && value === 'I') {
        const id = argv[++index];
        if (id === undefined) throw new SendmailUsageError('option -qI needs a value');
        value = `I${id}`;
      }
      applyValue(result, letter, value);
      break;
    }
  }
  return result;
}

function applyFlag(result: SendmailArguments, letter: string): void {
  if (letter === 'i') result.ignoreDots = true;
  else if (letter === 't') result.recipientsFromHeader = true;
  else if (letter === 'v') result.verbose = true;
  else if (letter === 'I') result.task = 'nothing';
}

function applyValue(result: SendmailArguments, letter: string, value: string): void {
  switch (letter) {
    case 'f':
    case 'r':
      result.sender = value.trim().replace(/^<(.*)>$/, '$1');
      break;
    case 'F':
      result.fullName = value;
      break;
    case 'o':
      if (value === 'i') result.ignoreDots = true;
      else if (value === 'dq') result.queueOnly = true;
      break;
    case 'q':
      result.task = 'flush';
      if (value.startsWith('I')) result.queueId = value.slice(1);
      break;
    case 'b':
      applyMode(result, value);
      break;
    default: // of no meaning here: error modes, delivery modes, hop counts, …
  }
}

function applyMode(result: SendmailArguments, mode: string): void {
  if (mode === 'm') return;
  if (mode === 's') result.task = 'serve';
  else if (mode === 'p') result.task = 'showQueue';
  else if (mode === 'i') result.task = 'nothing';
  else
    throw new SendmailUsageError(`mode -b${mode} is not supported; only messages on standard input are sent, as they are or by SMTP (-bs)`);
}
