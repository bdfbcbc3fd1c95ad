import { bashHead, checks } from './bash-script.js';
import { findOrCreateApp as findOrCreateInBash, helpers } from './bash-steps.js';
import { describeDelegatedPlan } from './describe.js';
import { findOrCreateApp as findOrCreateInPowerShell, graphHelpers } from './powershell-steps.js';
import { GRAPH_APP_ID, scopesOf, SETTINGS_FILE, type DelegatedPlan } from './plan.js';

/** Whose accounts may sign in, in Entra's words, and the tenant `login` is to name. */
const AUDIENCES: Readonly<Record<DelegatedPlan['accounts'], { audience: string; tenant: string | undefined }>> = {
  work: { audience: 'AzureADMyOrg', tenant: undefined },
  personal: { audience: 'PersonalMicrosoftAccount', tenant: 'consumers' },
  both: { audience: 'AzureADandPersonalMicrosoftAccount', tenant: 'common' },
};

/** Where the browser comes back to: any port of this machine (RFC 8252, section 7.3). */
const REDIRECT_URI = 'http://localhost';

/** The registration of a public client: no secret, sign-in on a loopback address or by device code. */
function registration(plan: DelegatedPlan): Record<string, unknown> {
  return {
    signInAudience: AUDIENCES[plan.accounts].audience,
    isFallbackPublicClient: true,
    publicClient: { redirectUris: [REDIRECT_URI] },
    // personal accounts take no other
    api: { requestedAccessTokenVersion: 2 },
    requiredResourceAccess: [{ resourceAppId: GRAPH_APP_ID, resourceAccess: scopesOf(plan).map(([, id]) => ({ id, type: 'Scope' })) }],
  };
}

/** A bash script for the Azure CLI that registers an app with which persons sign in. */
export function delegatedBashScript(plan: DelegatedPlan): string {
  const { tenant } = AUDIENCES[plan.accounts];
  const lines = [
    '#!/usr/bin/env bash',
    ...describeDelegatedPlan(plan).map((line) => `# ${line}`),
    '# Needs the Azure CLI, signed in (az login --allow-no-subscriptions).',
    '{ # read as a whole before it starts',
    ...bashHead(plan.cloud),
    ...checks({ ...plan, restriction: 'tenant' }, ['az']),
    ...helpers(plan),
    ...findOrCreateInBash(plan, registration(plan)),
    '{',
    tenant === undefined ? '  line GRAPH_TENANT_ID "$TENANT_ID"' : `  line GRAPH_TENANT_ID ${tenant}`,
    '  line GRAPH_CLIENT_ID "$CLIENT_ID"',
    '  cloud_line',
    `} | save ${SETTINGS_FILE}`,
    'say ""',
    `say "To undo it: az ad app delete --id $CLIENT_ID; rm -f ${SETTINGS_FILE}"`,
    'say ""',
    `say "Done. Sign in: npx nodemailer-graph-transport login --tenant ${tenant ?? '$TENANT_ID'} --client-id $CLIENT_ID"`,
    'exit; }',
  ];
  return `${lines.join('\n')}\n`;
}

/** The same for PowerShell. */
export function delegatedPowerShellScript(plan: DelegatedPlan): string {
  const { audience, tenant } = AUDIENCES[plan.accounts];
  const access = scopesOf(plan).map(([, id]) => `@{ id = '${id}'; type = 'Scope' }`);
  const lines = [
    '#Requires -Version 7.2',
    ...describeDelegatedPlan(plan).map((line) => `# ${line}`),
    '# Needs the module Microsoft.Graph.Authentication (Install-Module Microsoft.Graph.Authentication -Scope CurrentUser).',
    'param([switch] $Device)',
    "$ErrorActionPreference = 'Stop'",
    `$device = [bool] $Device -or $${plan.device ? 'true' : 'false'}`,
    ...graphHelpers(plan, ['Application.ReadWrite.All']),
    'Connect-Graph',
    ...findOrCreateInPowerShell(plan, [
      `@{ signInAudience = '${audience}'; isFallbackPublicClient = $true; publicClient = @{ redirectUris = @('${REDIRECT_URI}') };`,
      `api = @{ requestedAccessTokenVersion = 2 };`,
      `requiredResourceAccess = @(@{ resourceAppId = '${GRAPH_APP_ID}'; resourceAccess = @(${access.join(', ')}) }) }`,
    ]),
    `$tenant = ${tenant === undefined ? '$script:tenantId' : `'${tenant}'`}`,
    `Save-Private $settingsFile @((Format-Setting GRAPH_TENANT_ID $tenant), (Format-Setting GRAPH_CLIENT_ID $clientId)${plan.cloud === 'global' ? '' : `, (Format-Setting GRAPH_CLOUD ${plan.cloud})`})`,
    'Write-Host "To undo it: Invoke-MgGraphRequest -Method DELETE -Uri ""/v1.0/applications(appId=\'$clientId\')"""',
    'Write-Host "Done. Sign in: npx nodemailer-graph-transport login --tenant $tenant --client-id $clientId"',
  ];
  return `${lines.join('\n')}\n`;
}
