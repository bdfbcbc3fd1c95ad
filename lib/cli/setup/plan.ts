/** What the script is to set up; text is as the user gave it, nothing quoted. */
export interface SetupPlan {
  /** Display name of the app registration. */
  name: string;
  /** Mailboxes the app may send from; the first becomes `GRAPH_SENDER`. */
  mailboxes: readonly string[];
  /** A mail-enabled group whose members the app may send from, beside `mailboxes`. */
  group: string | undefined;
  /**
   * `rbac`: the app may send from these mailboxes by RBAC for Applications, and gets no permission in Entra. `policy`: Mail.Send in
   * Entra, restricted by an Application Access Policy. `tenant`: Mail.Send in Entra, for every mailbox.
   */
  restriction: 'rbac' | 'policy' | 'tenant';
  /** `auto`: a client secret, or a certificate where the tenant forbids secrets. */
  credential: 'auto' | 'secret' | 'certificate';
  largeAttachments: boolean;
  cloud: CloudName;
  /** An app registration to go on with that this script did not make. */
  clientId: string | undefined;
  /** Sign in to Microsoft by a code that is typed on another device. */
  device: boolean;
}

/** An app registration with which persons sign in; see `login`. */
export interface DelegatedPlan {
  name: string;
  /** Whose accounts: of this tenant, of outlook.com and the like, or of every tenant and those. */
  accounts: 'work' | 'personal' | 'both';
  largeAttachments: boolean;
  cloud: CloudName;
  clientId: string | undefined;
  device: boolean;
}

/** Where the scripts leave what the app needs. */
export const SETTINGS_FILE = 'graph-mail.env';
/** Where the scripts leave certificate and private key. */
export const CERTIFICATE_FILE = 'graph-mail.pem';
/** What an app that a script made is recognised by: a tag of its registration in Entra. */
export const TAG = 'nodemailer-graph-transport';
/** Microsoft Graph as an application in Entra. */
export const GRAPH_APP_ID = '00000003-0000-0000-c000-000000000000';

/** Application permissions of Microsoft Graph, by the ids of their app roles: https://learn.microsoft.com/graph/permissions-reference */
const APP_ROLES = { 'Mail.Send': 'b633e1c5-b582-4048-a93e-9f11b44c7e96', 'Mail.ReadWrite': 'e2a3a72e-5f79-4c64-b1b1-878b674786c9' };

/** Delegated permissions of Microsoft Graph, from the same page. */
const SCOPES = { 'Mail.Send': 'e383f46e-2787-4529-855e-0e479a3ffac0', 'Mail.ReadWrite': '024d486e-b451-40bb-833d-3e66d98c5c73' };
const OFFLINE_ACCESS: [string, string] = ['offline_access', '7427e0e9-2fba-42fe-b0c0-848c9e6a8182'];

const needed = (permissions: Record<string, string>, largeAttachments: boolean): [name: string, id: string][] =>
  Object.entries(permissions).filter(([name]) => name === 'Mail.Send' || largeAttachments);

/** The application permissions the app needs, with their ids. */
export function permissionsOf({ largeAttachments }: Pick<SetupPlan, 'largeAttachments'>): [name: string, id: string][] {
  return needed(APP_ROLES, largeAttachments);
}

/** The delegated permissions the app asks a person for, with their ids. */
export function scopesOf({ largeAttachments }: Pick<DelegatedPlan, 'largeAttachments'>): [name: string, id: string][] {
  return [...needed(SCOPES, largeAttachments), OFFLINE_ACCESS];
}

export type CloudName = 'global' | 'usgov' | 'usgov-dod' | 'china';

interface Cloud {
  /** Root of Graph. */
  graph: string;
  /** As `az cloud show` names it. */
  az: string;
  /** For `Connect-MgGraph -Environment`. */
  mg: string;
  /** For `Connect-ExchangeOnline -ExchangeEnvironmentName`. */
  exchange: string;
}

/** The clouds as Microsoft's tools name them: https://learn.microsoft.com/graph/deployments */
export const CLOUDS: Readonly<Record<CloudName, Cloud>> = {
  global: { graph: 'https://graph.microsoft.com', az: 'AzureCloud', mg: 'Global', exchange: 'O365Default' },
  usgov: { graph: 'https://graph.microsoft.us', az: 'AzureUSGovernment', mg: 'USGov', exchange: 'O365USGovGCCHigh' },
  'usgov-dod': { graph: 'https://dod-graph.microsoft.us', az: 'AzureUSGovernment', mg: 'USGovDoD', exchange: 'O365USGovDoD' },
  china: { graph: 'https://microsoftgraph.chinacloudapi.cn', az: 'AzureChinaCloud', mg: 'China', exchange: 'O365China' },
};
