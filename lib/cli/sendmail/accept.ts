import { EX } from '../exit-status.js';
import { printable } from '../printable.js';
import { afterFailure, statusOf } from './decide.js';
import { sendClaimed } from './flush.js';
import { prepareMessage } from './message.js';
import { complain, describe, say, tellOutcome, type Tell } from './say.js';
import { createSender, type Sender } from './sender.js';
import type { SendmailSettings } from './settings.js';
import type { Claim, Spool } from './spool.js';
import type { SpooledMail } from './spool-record.js';

/** How a message is taken. */
export interface Acceptance {
  /** Fails where the settings cannot be read. */
  reading: Promise<SendmailSettings>;
  /** Where what cannot be sent now is kept. */
  spool: Spool | undefined;
  /** Into the spool, and sent later. */
  queueOnly: boolean;
  /** The settings are not for this user: somebody else sends. */
  forOthers: boolean;
  verbose: boolean;
  tell: Tell;
}

/** Sends a message, or keeps it where there is a spool; → the exit status. */
export async function acceptMail(mail: SpooledMail, acceptance: Acceptance): Promise<number> {
  return acceptance.spool ? keepAndSend(acceptance.spool, mail, acceptance) : sendNow(mail, acceptance);
}

/** Sends a message at once. */
async function sendNow(mail: SpooledMail, { reading, verbose, tell }: Acceptance): Promise<number> {
  let settings: SendmailSettings;
  try {
    settings = await reading;
  } catch (error) {
    return complain(tell, EX.CONFIG, error);
  }
  try {
    const message = prepareMessage(mail.input, mail.arguments, { ...settings.context, now: mail.date, uniqueId: mail.uniqueId });
    const sender = createSender(settings.options);
    try {
      const info = await sender.send(message);
      if (verbose) tell(printable(describe(info)));
      return EX.OK;
    } finally {
      sender.close();
    }
  } catch (error) {
    return complain(tell, statusOf(error), error, settings);
  }
}

/** The message is on the disk before it is sent: whatever happens then, it is not lost. */
async function keepAndSend(spool: Spool, mail: SpooledMail, acceptance: Acceptance): Promise<number> {
  const { reading, queueOnly, forOthers, verbose, tell } = acceptance;
  let settings: SendmailSettings | undefined;
  let sender: Sender | undefined;
  let why: unknown;
  try {
    settings = await reading;
    // what the caller has got wrong he is told at once
    prepareMessage(mail.input, mail.arguments, { ...settings.context, now: mail.date });
    // waiting until Graph is less busy is the spool's work
    if (!queueOnly) sender = createSender({ retries: 0, ...settings.options });
  } catch (error) {
    why = error;
    if (settings && afterFailure(error).state !== 'waiting') return complain(tell, statusOf(error), error, settings);
  }
  try {
    if (!settings || !sender) {
      const id = keep(spool, mail, 'waiting', tell);
      if (id === undefined) return await sendNow(mail, acceptance);
      const wrong = why !== undefined && !forOthers;
      if (verbose || wrong) say(tell, `${id} is kept${wrong ? `: ${(why as Error).message}` : ''}`, settings);
      return EX.OK;
    }
    const claim = keep(spool, mail, 'claimed', tell);
    if (claim === undefined) return await sendNow(mail, acceptance);
    const outcome = await sendClaimed(spool, claim, sender, settings);
    if ('sent' in outcome) {
      if (verbose) tell(printable(describe(outcome.sent)));
      return EX.OK;
    }
    // that a line is down is what the spool is for; settings somebody has to put right
    if (verbose || outcome.after.status !== EX.TEMPFAIL) tellOutcome(tell, claim.id, outcome, settings);
    return outcome.after.state === 'waiting' ? EX.OK : outcome.after.status;
  } finally {
    sender?.close();
  }
}

/** Into the spool; a full disk, for one, is told: then the message is better sent than lost. */
function keep(spool: Spool, mail: SpooledMail, as: 'waiting', tell: Tell): string | undefined;
function keep(spool: Spool, mail: SpooledMail, as: 'claimed', tell: Tell): Claim | undefined;
function keep(spool: Spool, mail: SpooledMail, as: 'waiting' | 'claimed', tell: Tell): string | Claim | undefined {
  try {
    return as === 'waiting' ? spool.add(mail, as) : spool.add(mail, as);
  } catch (error) {
    complain(
      tell,
      EX.IOERR,
      new Error(`the message cannot be kept in the spool: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`),
    );
    return undefined;
  }
}
