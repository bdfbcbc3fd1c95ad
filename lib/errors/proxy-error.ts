/** A proxy that could not be used. Says which, without its user and password. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  /** `host:port`. */
  readonly proxy: string;
  /** A system code, or `EPROXY` for a refusal. */
  readonly code: string;
  /** HTTP status of a refusal. */
  readonly proxyStatus: number | undefined;

  constructor(proxy: string, what: string, { code, status }: { code: string; status?: number | undefined }) {
    super(`the proxy ${proxy} ${what}`);
    this.proxy = proxy;
    this.code = code;
    this.proxyStatus = status;
  }
}
