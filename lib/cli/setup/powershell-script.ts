import { describePlan } from './describe.js';
import { exchangeScript } from './exchange-steps.js';
import { appStep, consentStep, graphHelpers } from './powershell-steps.js';
import { CERTIFICATE_FILE, grantsInEntra, SETTINGS_FILE, type SetupPlan } from './plan.js';

/**
 * A script for PowerShell. What asks Graph runs in a process of its own, because the modules of Graph and of Exchange cannot be
 * signed in side by side (microsoftgraph/msgraph-sdk-powershell#3394).
 */
export function powerShellScript(plan: SetupPlan): string {
  const needsExchange = plan.restriction !== 'tenant';
  const needsConsent = grantsInEntra(plan).length > 0;
  const step = (name: string, why: string) => [`Invoke-Step ${name}`, `if ($LASTEXITCODE -ne 0) { throw '${why}' }`];
  const registerApp = [
    ...step('App', 'the app could not be registered'),
    '$ids = Get-Content -Raw $idsFile | ConvertFrom-Json',
    '$clientId = $ids.clientId',
    '$objectId = $ids.objectId',
  ];
  const consent = step('Consent', 'the permission could not be granted');
  const lines = [
    '#Requires -Version 7.2',
    ...describePlan(plan).map((line) => `# ${line}`),
    `# Needs the module Microsoft.Graph.Authentication${needsExchange ? ' and ExchangeOnlineManagement' : ''} (Install-Module NAME -Scope CurrentUser).`,
    '# Run it as a file: pwsh -File setup.ps1; without a browser on this machine: pwsh -File setup.ps1 -Device',
    "param([ValidateSet('All', 'Check', 'App', 'Consent')] [string] $Step = 'All', [switch] $Device)",
    "$ErrorActionPreference = 'Stop'",
    "if (-not $PSCommandPath) { throw 'Save this script as a file and run that: pwsh -File setup.ps1' }",
    `$device = [bool] $Device -or $${plan.device ? 'true' : 'false'}`,
    ...graphHelpers(plan, !needsConsent ? ['Application.ReadWrite.All'] : ['Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All']),
    '',
    'function Step-App {',
    ...appStep(plan).map((line) => `  ${line}`),
    '}',
    ...(!needsConsent ? [] : ['function Step-Consent {', ...consentStep(plan).map((line) => `  ${line}`), '}']),
    '',
    "if ($Step -eq 'Check') { Connect-Graph; @{ tenantId = $script:tenantId } | ConvertTo-Json | Set-Content $idsFile; exit 0 }",
    "if ($Step -eq 'App') { Connect-Graph; Step-App; exit 0 }",
    ...(!needsConsent ? [] : ["if ($Step -eq 'Consent') { Connect-Graph; Step-Consent; exit 0 }"]),
    '',
    '# what it needs, before anything is changed',
    `foreach ($module in 'Microsoft.Graph.Authentication'${needsExchange ? ", 'ExchangeOnlineManagement'" : ''}) {`,
    '  if (-not (Get-Module -ListAvailable -Name $module)) { throw "Nothing was changed. The module is missing: Install-Module $module -Scope CurrentUser" }',
    '}',
    ...step('Check', 'nothing was changed: no sign-in to Microsoft Graph'),
    '$tenantId = (Get-Content -Raw $idsFile | ConvertFrom-Json).tenantId',
    'Write-Host "Tenant $tenantId"',
    ...(needsExchange ? exchangeScript(plan, { registerApp, consent }) : [...registerApp, ...consent]),
    'Remove-Item $idsFile',
    '',
    "Write-Host ''",
    "Write-Host 'To undo it:'",
    ...undo(plan),
    "Write-Host ''",
    `Write-Host 'Done. Check it: npx nodemailer-graph-transport doctor --env-file ${SETTINGS_FILE}'`,
  ];
  return `${lines.join('\n')}\n`;
}

function undo({ restriction }: SetupPlan): string[] {
  const inExchange: Record<SetupPlan['restriction'], string[]> = {
    rbac: [
      'Write-Host "  in Exchange Online PowerShell: Get-ManagementRoleAssignment -RoleAssignee $objectId | Remove-ManagementRoleAssignment"',
      'Write-Host "    Remove-ManagementScope \'Mailboxes of app $clientId\'; Remove-ServicePrincipal $objectId"',
    ],
    policy: [
      'Write-Host "  in Exchange Online PowerShell: Get-ApplicationAccessPolicy | Where-Object AppId -eq $clientId | Remove-ApplicationAccessPolicy"',
      'Write-Host "    Remove-DistributionGroup \'Mailboxes of app $clientId\'"',
    ],
    tenant: [],
  };
  return [
    ...inExchange[restriction],
    'Write-Host "  in Graph PowerShell: Invoke-MgGraphRequest -Method DELETE -Uri ""/v1.0/applications(appId=\'$clientId\')"""',
    `Write-Host '  Remove-Item ${SETTINGS_FILE}, ${CERTIFICATE_FILE} -ErrorAction SilentlyContinue'`,
  ];
}
