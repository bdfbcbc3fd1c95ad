/** `read`: Mail.Read, for `watchBounces()`; `write`: Mail.ReadWrite, for large messages, drafts and `prove`, which may read, too. */
export type Access = 'send' | 'read' | 'write';

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
  /** What it may do besides sending, in the mailboxes it sends from. */
  access: Access;
  /** Whether it may read the message trace of the whole tenant. */
  trace: boolean;
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
  access: Access;
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

/** Microsoft's app behind the message trace, which many tenants lack: https://learn.microsoft.com/graph/api/resources/exchangemessagetrace */
export const TRACING_APP_ID = '8bd644d1-64a1-4d4b-ae52-2e0cbf64e373';

type MailPermission = 'Mail.Send' | 'Mail.Read' | 'Mail.ReadWrite';
type Permission = [name: string, id: string];

/** Application permissions of Microsoft Graph, by the ids of their app roles: https://learn.microsoft.com/graph/permissions-reference */
const APP_ROLES: Readonly<Record<MailPermission, string>> = {
  'Mail.Send': 'b633e1c5-b582-4048-a93e-9f11b44c7e96',
  'Mail.Read': '810c84a8-4a9e-49e6-bf7d-12d183f40d01',
  'Mail.ReadWrite': 'e2a3a72e-5f79-4c64-b1b1-878b674786c9',
};
const TRACE: Permission = ['ExchangeMessageTrace.Read.All', '89b20d8a-76e2-4057-867b-9961f800b9a4'];

/** Delegated permissions of Microsoft Graph, from the same page. */
const SCOPES: Readonly<Record<MailPermission, string>> = {
  'Mail.Send': 'e383f46e-2787-4529-855e-0e479a3ffac0',
  'Mail.Read': '570282fd-fa5c-430d-a7fd-fc8dc98a9dca',
  'Mail.ReadWrite': '024d486e-b451-40bb-833d-3e66d98c5c73',
};
const OFFLINE_ACCESS: Permission = ['offline_access', '7427e0e9-2fba-42fe-b0c0-848c9e6a8182'];

const NEEDED: Readonly<Record<Access, MailPermission[]>> = {
  send: ['Mail.Send'],
  read: ['Mail.Send', 'Mail.Read'],
  write: ['Mail.Send', 'Mail.ReadWrite'],
};

/** What the app may do in its mailboxes, with the ids of the application permissions. */
export function permissionsOf({ access }: Pick<SetupPlan, 'access'>): Permission[] {
  return NEEDED[access].map((name) => [name, APP_ROLES[name]]);
}

/** The application permissions that are granted in Entra, where they count for the whole tenant. */
export function grantsInEntra({ access, restriction, trace }: Pick<SetupPlan, 'access' | 'restriction' | 'trace'>): Permission[] {
  return [...(restriction === 'rbac' ? [] : permissionsOf({ access })), ...(trace ? [TRACE] : [])];
}

/** The delegated permissions the app asks a person for, with their ids. */
export function scopesOf({ access }: Pick<DelegatedPlan, 'access'>): Permission[] {
  return [...NEEDED[access].map((name): Permission => [name, SCOPES[name]]), OFFLINE_ACCESS];
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
