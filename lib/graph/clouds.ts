/** Microsoft's clouds: `'global'` (also GCC), GCC High, DoD, China operated by 21Vianet, Bleu in France and Delos in Germany. */
export type Cloud = 'global' | 'usgov' | 'usgov-dod' | 'china' | 'bleu' | 'delos';

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
  bleu: { graphEndpoint: 'https://graph.svc.sovcloud.fr', authorityHost: 'https://login.sovcloud-identity.fr' },
  delos: { graphEndpoint: 'https://graph.svc.sovcloud.de', authorityHost: 'https://login.sovcloud-identity.de' },
};

/** Whether a sign-in service is one that may be asked about at login.microsoftonline.com; a sovereign cloud knows nothing of that. */
export function isKnownToMsal(authorityHost: string): boolean {
  const { global, usgov, china } = CLOUDS;
  return [global, usgov, china].some((cloud) => cloud.authorityHost === authorityHost);
}

/** Whether a host name is this machine's own: only there plain http is safe for a token. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** Which of Microsoft's clouds a root of Graph belongs to; `undefined` for hosts of the app's own. */
export function cloudOf({ graphEndpoint }: Pick<CloudHosts, 'graphEndpoint'>): Cloud | undefined {
  return (Object.keys(CLOUDS) as Cloud[]).find((name) => CLOUDS[name].graphEndpoint === graphEndpoint);
}
