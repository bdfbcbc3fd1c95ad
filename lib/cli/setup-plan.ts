/** What the script is to set up; text is as the user gave it, nothing quoted. */
export interface SetupPlan {
  /** Display name of the app registration. */
  name: string;
  mailbox: string;
  /**
   * `rbac`: the app may send from this mailbox by RBAC for Applications, and gets no permission in Entra. `policy`: Mail.Send in
   * Entra, restricted by an Application Access Policy. `tenant`: Mail.Send in Entra, for every mailbox.
   */
  restriction: 'rbac' | 'policy' | 'tenant';
  certificate: boolean;
  largeAttachments: boolean;
}

/** Where the scripts leave what the app needs. */
export const SETTINGS_FILE = 'graph-mail.env';
/** Where the scripts leave certificate and private key. */
export const CERTIFICATE_FILE = 'graph-mail.pem';

/** Application permissions of Microsoft Graph, by the ids of their app roles: https://learn.microsoft.com/graph/permissions-reference */
const APP_ROLES = { 'Mail.Send': 'b633e1c5-b582-4048-a93e-9f11b44c7e96', 'Mail.ReadWrite': 'e2a3a72e-5f79-4c64-b1b1-878b674786c9' };
export const GRAPH_APP_ID = '00000003-0000-0000-c000-000000000000';

/** The permissions the app needs, with their ids. */
export function permissionsOf({ largeAttachments }: SetupPlan): [name: string, id: string][] {
  return Object.entries(APP_ROLES).filter(([name]) => name === 'Mail.Send' || largeAttachments);
}

/** What to know before running a script, as comment lines without their mark. */
export function describePlan({ mailbox, restriction, certificate, largeAttachments }: SetupPlan): string[] {
  const permissions = largeAttachments ? 'Mail.Send and Mail.ReadWrite' : 'Mail.Send';
  const rights: Record<SetupPlan['restriction'], string[]> = {
    rbac: [
      `The app gets ${permissions} for this one mailbox, by RBAC for Applications in Exchange Online.`,
      'Do NOT add these permissions to the app in Entra as well: rights add up, and admin consent there',
      'lets the app use every mailbox of the tenant, whatever the scope says.',
    ],
    policy: [
      `The app gets ${permissions} in Entra, and an Application Access Policy restricts it to this mailbox.`,
      'Microsoft has replaced these policies by RBAC for Applications (leave --legacy-policy out).',
    ],
    tenant: [
      `WARNING: the app gets ${permissions} in Entra and can use EVERY mailbox of the tenant.`,
      'Leave --tenant-wide out to restrict it to this one.',
    ],
  };
  return [
    `Registers an app that sends mail as ${mailbox} through Microsoft Graph.`,
    ...rights[restriction],
    `Leaves ${certificate ? `a certificate in ${CERTIFICATE_FILE} and ` : ''}the settings in ${SETTINGS_FILE}; keep both from others. Valid for one year.`,
    'Run it once, as an administrator: Application Administrator and Exchange Administrator' +
      (restriction === 'rbac' ? '.' : ', and Privileged Role Administrator for the consent.'),
    'Changes take 30 minutes to 2 hours until they act everywhere.',
  ];
}
