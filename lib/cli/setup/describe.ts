import { CERTIFICATE_FILE, grantsInEntra, permissionsOf, SETTINGS_FILE, scopesOf, type DelegatedPlan, type SetupPlan } from './plan.js';

/** What to know before running a script, as comment lines without their mark. */
export function describePlan(plan: SetupPlan): string[] {
  const { mailboxes, group, restriction, credential, trace } = plan;
  const permissions = namesOf(permissionsOf(plan));
  const whose = [...mailboxes, ...(group === undefined ? [] : [`the members of ${group}`])].join(', ');
  const rights: Record<SetupPlan['restriction'], string[]> = {
    rbac: [
      `The app gets ${permissions} for these mailboxes alone, by RBAC for Applications in Exchange Online.`,
      'Do NOT add these permissions to the app in Entra as well: rights add up, and admin consent there',
      'lets the app use every mailbox of the tenant, whatever the scope says.',
    ],
    policy: [
      `The app gets ${permissions} in Entra, and an Application Access Policy restricts it to these mailboxes.`,
      'WARNING: Microsoft asks not to create new policies of this kind; they will have to be migrated to RBAC for',
      'Applications (leave --legacy-policy out). A policy takes 30 minutes to 4 hours to act: until then the app can use',
      'EVERY mailbox of the tenant.',
    ],
    tenant: [
      `WARNING: the app gets ${permissions} in Entra and can use EVERY mailbox of the tenant.`,
      'Leave --tenant-wide out to restrict it.',
    ],
  };
  const left: Record<SetupPlan['credential'], string> = {
    secret: 'a client secret',
    certificate: `a certificate (${CERTIFICATE_FILE})`,
    auto: `a client secret, or where the tenant forbids secrets a certificate (${CERTIFICATE_FILE})`,
  };
  return [
    `Registers an app that sends mail through Microsoft Graph from: ${whose}`,
    ...rights[restriction],
    ...(trace
      ? [
          'WARNING: it also gets ExchangeMessageTrace.Read.All in Entra, which cannot be restricted: it may learn who wrote to whom, when and',
          'with which subject, in the WHOLE tenant (no texts). An app of its own that traces and does not send is safer.',
        ]
      : []),
    `Leaves the settings in ${SETTINGS_FILE} in this folder, with ${left[credential]}; keep them from others. Valid for one year.`,
    ...(credential === 'certificate' ? [] : ['A certificate is the safer of the two (--certificate).']),
    `Run it as an administrator: ${rolesFor(plan).join(', ')}.`,
    'It checks what it needs before it changes anything, and can be run again at any time: it then goes on where it was.',
    ...(restriction === 'rbac' ? ['Changes in Exchange take 30 minutes to 2 hours until they act everywhere.'] : []),
  ];
}

/** Microsoft's names of the roles it takes. */
function rolesFor(plan: SetupPlan): string[] {
  return [
    'Application Administrator',
    ...(plan.restriction === 'tenant' ? [] : ['Exchange Administrator']),
    ...(grantsInEntra(plan).length === 0 ? [] : ['Privileged Role Administrator (for the consent)']),
  ];
}

const namesOf = (permissions: readonly [name: string, id: string][]): string => permissions.map(([name]) => name).join(' and ');

/** The same for an app with which persons sign in. */
export function describeDelegatedPlan(plan: DelegatedPlan): string[] {
  const { accounts } = plan;
  const whose: Record<DelegatedPlan['accounts'], string> = {
    work: 'accounts of this tenant',
    personal: 'personal accounts (outlook.com, hotmail.com, live.com)',
    both: 'work accounts of any tenant and personal accounts (outlook.com, hotmail.com, live.com)',
  };
  return [
    `Registers an app with which a person signs in once and which then sends mail as that person: ${whose[accounts]}.`,
    `It asks each person for ${namesOf(scopesOf(plan).filter(([name]) => name.startsWith('Mail.')))}, and has no secret.`,
    `Leaves its ids in ${SETTINGS_FILE} in this folder. Can be run again.`,
    'In a tenant where users may not consent by themselves (the default since November 2025), an administrator has to once.',
  ];
}
