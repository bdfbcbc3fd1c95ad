import { proxyFor, type Proxy, type ProxyRules } from '../graph/proxy.js';
import { expiryNotice } from '../sign-in/expiry.js';
import type { Finding } from './finding.js';

/** Clocks further apart than this make tokens and certificate assertions invalid. */
const MOST_SKEW = 5 * 60_000;

/** A `Date` header and when it arrived here. */
export interface ClockReading {
  date: string;
  receivedAt: number;
}

/**
 * Compares this machine's clock with a server's.
 *
 * @param outOfTime the host whose certificate is not valid at the time of this machine, so that it was not asked
 */
export function checkClock(reading: ClockReading | undefined, outOfTime?: string): Finding {
  const there = Date.parse(reading?.date ?? '');
  if ((!reading || Number.isNaN(there)) && outOfTime !== undefined) {
    const here = `${new Date().toISOString().slice(0, 16)}Z`;
    const message = `this machine's clock says ${here}, when the certificate of ${outOfTime} is not valid`;
    return { check: 'clock', status: 'fail', message, remedy: `${SET_THE_CLOCK} If it is right, that certificate has to be renewed.` };
  }
  if (!reading || Number.isNaN(there)) return { check: 'clock', status: 'skip', message: 'no server told the time' };
  const seconds = Math.round((reading.receivedAt - there) / 1000);
  const off = `${describeSeconds(Math.abs(seconds))} ${seconds < 0 ? 'behind' : 'ahead of'} Microsoft's`;
  if (Math.abs(seconds) * 1000 <= MOST_SKEW) {
    // the header counts whole seconds
    return { check: 'clock', status: 'pass', message: Math.abs(seconds) < 2 ? "in step with Microsoft's" : off };
  }
  return { check: 'clock', status: 'fail', message: `this machine's clock is ${off}`, remedy: SET_THE_CLOCK };
}

const SET_THE_CLOCK = 'Set the clock, best by NTP (timedatectl set-ntp true): tokens are only valid within 5 minutes.';

function describeSeconds(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

/**
 * Tells which proxy requests take. Shows no password.
 *
 * @param hosts what is to be reached, as URLs
 */
export function checkProxy(rules: ProxyRules, env: Readonly<Record<string, string | undefined>>, hosts: readonly string[]): Finding {
  const { always, byEnvironment } = rules;
  const pass = (message: string): Finding => ({ check: 'proxy', status: 'pass', message });
  if (always) return pass(`${describe(always)} (option proxy)`);
  if (byEnvironment) {
    const exceptions = env['no_proxy'] || env['NO_PROXY'];
    if (hosts.every((host) => proxyFor(new URL(host), rules) === undefined)) {
      const why = exceptions ? `NO_PROXY=${exceptions}` : 'it never leads to this machine';
      return pass(
        `none, direct connections (${byEnvironment.source} is not for ${hosts.map((host) => new URL(host).host).join(' and ')}: ${why})`,
      );
    }
    return pass(`${describe(byEnvironment)} (${byEnvironment.source}${exceptions ? `, but not for NO_PROXY=${exceptions}` : ''})`);
  }
  const plain = ['http_proxy', 'HTTP_PROXY'].find((name) => env[name]);
  return pass(`none, direct connections${plain ? ` (${plain} is for plain http only; https takes HTTPS_PROXY)` : ''}`);
}

function describe({ secure, name, authorization }: Proxy): string {
  return `${secure ? 'https' : 'http'}://${authorization === undefined ? '' : 'with password@'}${name}`;
}

/** Tells how long the secret or certificate is good for. */
export function checkExpiry(expires: Date | undefined, now: Date): Finding {
  if (!expires) {
    return { check: 'expiry', status: 'skip', message: 'not known: give secretExpires (--secret-expires 2027-01-31) to be warned in time' };
  }
  const notice = expiryNotice(expires, now);
  if (!notice)
    return { check: 'expiry', status: 'pass', message: `the secret or certificate is good until ${expires.toISOString().slice(0, 10)}` };
  const [message = '', remedy = ''] = notice.message.split(': ');
  return {
    check: 'expiry',
    status: notice.level === 'error' ? 'fail' : 'warn',
    message: message.charAt(0).toLowerCase() + message.slice(1),
    remedy: `M${remedy.slice(1)}.`,
  };
}
