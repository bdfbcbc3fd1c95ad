import type { Logger } from '../base/logger.js';

/** A line to log about a secret that expires. */
export interface ExpiryNotice {
  level: 'warn' | 'error';
  /** Whole days left; negative once it has expired. */
  daysLeft: number;
  message: string;
}

const DAY = 86_400_000;
/** Days before the end from which on there is a warning. */
const WARN_DAYS = 60;

/** What to say about a secret today; `undefined` while there is time. */
export function expiryNotice(expires: Date, now: Date): ExpiryNotice | undefined {
  const left = expires.getTime() - now.getTime();
  const daysLeft = Math.floor(left / DAY);
  const date = expires.toISOString().slice(0, 10);
  if (left <= 0) {
    return {
      level: 'error',
      daysLeft,
      message: `The client secret or certificate expired on ${date}: make a new one, or sending will fail`,
    };
  }
  if (daysLeft > WARN_DAYS) return undefined;
  const when = daysLeft === 0 ? 'within a day' : daysLeft === 1 ? 'in 1 day' : `in ${daysLeft} days`;
  return { level: 'warn', daysLeft, message: `The client secret or certificate expires ${when}, on ${date}: make a new one in time` };
}

/** Says it now and every day, until stopped. Does not keep the process alive. */
export function watchExpiry(expires: Date, log: (notice: ExpiryNotice) => void): () => void {
  const check = () => {
    const notice = expiryNotice(expires, new Date());
    if (notice) log(notice);
  };
  check();
  const timer = setInterval(check, DAY).unref();
  return () => clearInterval(timer);
}

/** Tells a logger of a secret that expires, until stopped; without a date it does nothing. */
export function logExpiry(expires: Date | undefined, logger: Pick<Logger, 'warn' | 'error'>): () => void {
  if (!expires) return () => undefined;
  return watchExpiry(expires, ({ level, daysLeft, message }) => logger[level]({ tnx: 'sign-in', daysLeft }, message));
}
