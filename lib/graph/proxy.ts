import { isIPv4, isIPv6, BlockList } from 'node:net';
import { configError } from '../errors/config-error.js';

/** An http(s) proxy. */
export interface Proxy {
  readonly secure: boolean;
  /** Without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** `Proxy-Authorization`; never shown. */
  readonly authorization: string | undefined;
  /** `host:port`, for errors. */
  readonly name: string;
  /** The option or variable it comes from. */
  readonly source: string;
}

/** Which proxy is used for what, read once. */
export interface ProxyRules {
  /** The option `proxy`: for everything. */
  readonly always: Proxy | undefined;
  /** A variable's: for everything but loopback and the exceptions. */
  readonly byEnvironment: Proxy | undefined;
  readonly exceptions: readonly ProxyException[];
}

/** One entry of `NO_PROXY`. */
export interface ProxyException {
  readonly matches: (hostname: string) => boolean;
  readonly port: number | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the option and the variables as curl does: `https_proxy`, then `HTTPS_PROXY`, then `all_proxy`, `ALL_PROXY`; `HTTP_PROXY`
 * is for plain http, which only loopback is reached by, and loopback never goes through a proxy of the environment.
 *
 * @param hosts what is to be reached; decides whether a SOCKS proxy in `ALL_PROXY` is in the way
 * @throws {GraphTransportError} `ECONFIG` that names the option or variable, never its value
 */
export function readProxyRules(option: string | undefined, env: Environment, hosts: readonly string[]): ProxyRules {
  if (option !== undefined) return { always: parseProxy(option, '"proxy"'), byEnvironment: undefined, exceptions: [] };
  const exceptions = parseExceptions(env['no_proxy'] || env['NO_PROXY'] || '');
  const name = ['https_proxy', 'HTTPS_PROXY'].find((candidate) => env[candidate]);
  if (name !== undefined) return { always: undefined, byEnvironment: parseProxy(env[name] ?? '', name), exceptions };
  // set for other programs more often than not: it only counts where it would be used
  const all = ['all_proxy', 'ALL_PROXY'].find((candidate) => env[candidate]);
  const needed = all !== undefined && hosts.some((host) => !isExcepted(new URL(host), exceptions));
  return { always: undefined, byEnvironment: needed ? parseProxy(env[all] ?? '', all) : undefined, exceptions };
}

/** The proxy for a URL, if there is one. */
export function proxyFor(url: URL, { always, byEnvironment, exceptions }: ProxyRules): Proxy | undefined {
  if (always) return always;
  return byEnvironment && url.protocol === 'https:' && !isExcepted(url, exceptions) ? byEnvironment : undefined;
}

const EXPECTED = 'must be the URL of an http or https proxy, such as http://proxy.contoso.com:8080';

/** @throws {GraphTransportError} `ECONFIG`; the value, which may hold a password, is not shown */
export function parseProxy(text: string, source: string): Proxy {
  const refuse = (why: string): never => {
    throw configError(`${source} ${EXPECTED}; ${why}`);
  };
  if (/\s/.test(text)) refuse('there is a blank in it');
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme?.startsWith('socks')) refuse('SOCKS proxies are not supported');
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') refuse('its scheme is another one');
  // as curl reads it: host:port is a proxy by http
  if (scheme === undefined && !/^[^/?#]*:\d+\/?$/.test(text)) refuse('it has neither a scheme nor a port');
  const address = scheme === undefined ? `http://${text}` : text;
  if (!URL.canParse(address)) return refuse('it cannot be read');
  const url = new URL(address);
  const secure = url.protocol === 'https:';
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  if (port === 0) refuse('there is no port 0');
  const username = decode(url.username) ?? refuse('its user name is not percent-encoded ("%" is %25)');
  const password = decode(url.password) ?? refuse('its password is not percent-encoded ("%" is %25)');
  const account = username !== '' || password !== '';
  const authorization = account ? `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` : undefined;
  return {
    secure,
    hostname,
    port,
    authorization,
    name: `${url.hostname}:${port}`,
    source: source.replaceAll('"', ''),
  };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function isExcepted(url: URL, exceptions: readonly ProxyException[]): boolean {
  const hostname = normalize(url.hostname);
  if (isOwnMachine(hostname)) return true;
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return exceptions.some((exception) => (exception.port === undefined || exception.port === port) && exception.matches(hostname));
}

function isOwnMachine(hostname: string): boolean {
  // the last is 127.0.0.0/8 as a URL writes it in IPv6
  return /^(localhost|.+\.localhost|127(\.\d+){3}|::1|::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4})$/.test(hostname);
}

function normalize(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}

/**
 * `NO_PROXY`: names with everything below them (`contoso.com`, `.contoso.com`, `*.contoso.com`), addresses, networks (`10.0.0.0/8`),
 * each with a port or without, separated by commas or blanks; `*` is everything.
 */
export function parseExceptions(text: string): ProxyException[] {
  return text.split(/[\s,]+/).flatMap((entry) => (entry === '' ? [] : [parseException(entry)]));
}

function parseException(entry: string): ProxyException {
  if (entry === '*') return { matches: () => true, port: undefined };
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  const host = normalize(bracketed ?? plain ?? entry);
  return { matches: matcher(host), port: digits === undefined ? undefined : Number(digits) };
}

function matcher(host: string): ProxyException['matches'] {
  const [address = '', bits] = host.split('/');
  const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined;
  if (family) {
    const width = family === 'ipv4' ? 32 : 128;
    const prefix = bits === undefined ? width : /^\d+$/.test(bits) ? Number(bits) : Number.NaN;
    if (!(prefix <= width)) return () => false;
    const list = new BlockList();
    list.addSubnet(address, prefix, family);
    return (hostname) => (isIPv4(hostname) && list.check(hostname, 'ipv4')) || (isIPv6(hostname) && list.check(hostname, 'ipv6'));
  }
  const name = host.replace(/^\*?\.+/, '');
  if (name === '') return () => false;
  return (hostname) => hostname === name || (!isIPv4(hostname) && hostname.endsWith(`.${name}`));
}
