/** Microsoft's clouds: `'global'` (also GCC), GCC High, DoD, and China operated by 21Vianet. */
export type Cloud = 'global' | 'usgov' | 'usgov-dod' | 'china';

/** The two hosts a message passes: where the token comes from and where Graph is. */
export interface CloudHosts {
  /** Root of Graph, without a version and a trailing slash. */
  readonly graphEndpoint: string;
  /** Root of the sign-in service. */
  readonly authorityHost: string;
}

/** Source: https://learn.microsoft.com/graph/deployments */
export const CLOUDS: Readonly<Record<Cloud, CloudHosts>> = {
  global: { graphEndpoint: 'https://graph.microsoft.com', authorityHost: 'https://login.microsoftonline.com' },
  usgov: { graphEndpoint: 'https://graph.microsoft.us', authorityHost: 'https://login.microsoftonline.us' },
  'usgov-dod': { graphEndpoint: 'https://dod-graph.microsoft.us', authorityHost: 'https://login.microsoftonline.us' },
  china: { graphEndpoint: 'https://microsoftgraph.chinacloudapi.cn', authorityHost: 'https://login.chinacloudapi.cn' },
};

/** Whether a host name is this machine's own: only there plain http is safe for a token. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
