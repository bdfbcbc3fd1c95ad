import { ProxyError } from './proxy-error.js';
import { redact } from './safe-cause.js';

/** What a failed connection says of itself, on one line. */
export function describe(error: Error): string {
  // happy eyeballs reports one error per address
  const inner = (error as Partial<AggregateError>).errors?.[0] as Error | undefined;
  const { message } = inner ?? error;
  const tls = tlsReason(message);
  return redact(tls === undefined ? message || (error as { code?: string }).code || error.name : `TLS failed: ${tls}`);
}

/** OpenSSL's reason, such as `wrong version number`, out of its line of numbers and source files. */
export function tlsReason(message: string): string | undefined {
  return /:error:[\dA-F]{8}:[^:\n]*:[^:\n]*:([^:\n]+)/i.exec(message)?.[1]?.trim();
}

/** A certificate that would be right at another time. */
export const OUT_OF_TIME = /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/;

/** System and TLS errors say what to do better than their code does. */
export function connectionHint(error: Error): string | undefined {
  const code = (error as { code?: string }).code ?? (error as { cause?: { code?: string } }).cause?.code ?? '';
  if (error instanceof ProxyError) return proxyHint(error);
  const certificate = certificateHint(code, 'server');
  if (certificate !== undefined) return certificate;
  if (tlsReason(error.message) !== undefined)
    return 'Something answers there that is not the service: check the address, firewall and proxy, which may want a login or inspect TLS.';
  if (/ENOTFOUND|EAI_AGAIN/.test(code)) return 'The host name cannot be resolved: check DNS, the network and the cloud option.';
  if (/ECONNREFUSED|ETIMEDOUT|CONNECT_TIMEOUT|EHOSTUNREACH|ENETUNREACH/.test(code)) {
    return 'The host cannot be reached: check firewall and proxy; outgoing https (443) is needed.';
  }
  return undefined;
}

function proxyHint({ code, proxyStatus }: ProxyError): string {
  if (proxyStatus === 407)
    return 'The proxy wants a user name and password, or does not take those it got: http://user:password@host:port, both percent-encoded.';
  if (proxyStatus === 403) return 'The proxy does not allow this host: have it added to the proxy, or name the host in NO_PROXY.';
  return certificateHint(code, 'proxy') ?? 'Check the proxy (option proxy or HTTPS_PROXY), or name the host in NO_PROXY.';
}

function certificateHint(code: string, which: 'server' | 'proxy'): string | undefined {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `The certificate of the ${which} is made out to another name: check the address, DNS, firewall and proxy.`;
  if (OUT_OF_TIME.test(code))
    return `Set this machine's clock, best by NTP: it says ${new Date().toISOString().slice(0, 16)}Z, when the certificate of the ${which} is not valid. If that is right, the certificate has to be renewed, perhaps of a proxy that looks into TLS.`;
  if (/SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|CERT_/.test(code))
    return `The certificate of the ${which} is not trusted: give the company's own CA in tls.ca, which takes the place of Node's (several in an array), or in NODE_EXTRA_CA_CERTS, which adds to them.`;
  return undefined;
}

/** Whether a proxy wants a user and password that it was not given, or does not take those: no repeat changes that. */
export function lacksProxyAccount(error: unknown): boolean {
  return error instanceof ProxyError && error.proxyStatus === 407;
}
