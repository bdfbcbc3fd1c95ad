import { quotePowerShell } from './quote.js';
import { exchangeScript } from './setup-exchange.js';
import { CERTIFICATE_FILE, describePlan, GRAPH_APP_ID, permissionsOf, SETTINGS_FILE, type SetupPlan } from './setup-plan.js';

/** A script for PowerShell with the modules of Microsoft Graph and Exchange Online. */
export function powerShellScript(plan: SetupPlan): string {
  const { name, mailbox, restriction, certificate } = plan;
  const needsExchange = restriction !== 'tenant';
  const needsConsent = restriction !== 'rbac';
  const scopes = ['Application.ReadWrite.All', ...(needsConsent ? ['AppRoleAssignment.ReadWrite.All'] : [])];
  const lines = [
    `#Requires -Version ${certificate ? '7.3' : '5.1'}`,
    ...describePlan(plan).map((line) => `# ${line}`),
    `# Needs the modules Microsoft.Graph.Applications${needsExchange ? ' and ExchangeOnlineManagement' : ''} (Install-Module).`,
    "$ErrorActionPreference = 'Stop'",
    '',
    `$name = ${quotePowerShell(name)}`,
    `$sender = ${quotePowerShell(mailbox)}`,
    '',
    `Connect-MgGraph -NoWelcome -Scopes ${scopes.map((scope) => `'${scope}'`).join(', ')}`,
    '$app = New-MgApplication -DisplayName $name -SignInAudience AzureADMyOrg',
    '$principal = New-MgServicePrincipal -AppId $app.AppId',
    '$clientId = $app.AppId',
    '$objectId = $principal.Id',
    '$tenantId = (Get-MgContext).TenantId',
    '',
    ...(certificate ? certificateLines : secretLines),
    '',
    ...(needsExchange ? ['# before any consent, so that the app can at no time use another mailbox', ...exchangeScript(plan), ''] : []),
    ...(needsConsent ? consentLines(plan) : []),
    "Write-Host 'Done. Check it with: npx nodemailer-graph-transport doctor'",
  ];
  return `${lines.join('\n')}\n`;
}

const settingsLines = (own: string) => [
  '@(',
  '  "GRAPH_TENANT_ID=$tenantId"',
  '  "GRAPH_CLIENT_ID=$clientId"',
  own,
  '  "GRAPH_SENDER=$sender"',
  `) | Set-Content ${SETTINGS_FILE}`,
];

const secretLines = [
  "$secret = Add-MgApplicationPassword -ApplicationId $app.Id -PasswordCredential @{ DisplayName = 'mail'; EndDateTime = (Get-Date).AddYears(1) }",
  ...settingsLines('  "GRAPH_CLIENT_SECRET=$($secret.SecretText)"'),
];

const certificateLines = [
  '$rsa = [System.Security.Cryptography.RSA]::Create(2048)',
  "$request = [System.Security.Cryptography.X509Certificates.CertificateRequest]::new('CN=mail', $rsa, 'SHA256', [System.Security.Cryptography.RSASignaturePadding]::Pkcs1)",
  '$certificate = $request.CreateSelfSigned([DateTimeOffset]::Now, [DateTimeOffset]::Now.AddYears(1))',
  `@($certificate.ExportCertificatePem(), $rsa.ExportPkcs8PrivateKeyPem()) | Set-Content ${CERTIFICATE_FILE}`,
  "Update-MgApplication -ApplicationId $app.Id -KeyCredentials @(@{ Type = 'AsymmetricX509Cert'; Usage = 'Verify'; Key = $certificate.RawData })",
  ...settingsLines(`  "GRAPH_CLIENT_CERTIFICATE_PATH=$(Join-Path $PWD ${CERTIFICATE_FILE})"`),
];

function consentLines(plan: SetupPlan): string[] {
  return [
    '# assigning the role is the admin consent',
    `$graph = Get-MgServicePrincipal -Filter "appId eq '${GRAPH_APP_ID}'"`,
    ...permissionsOf(plan).map(
      ([permission, id]) =>
        `New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $objectId -PrincipalId $objectId -ResourceId $graph.Id -AppRoleId ${id} # ${permission}`,
    ),
    '',
  ];
}
