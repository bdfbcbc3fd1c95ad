import { quotePowerShell } from './quote.js';
import {
  CERTIFICATE_FILE,
  CLOUDS,
  GRAPH_APP_ID,
  grantsInEntra,
  permissionsOf,
  SETTINGS_FILE,
  TAG,
  TRACING_APP_ID,
  type SetupPlan,
} from './plan.js';

/** What the steps in Graph share: sign-in, requests, waiting for replication, reading and writing the settings. */
export function graphHelpers({ cloud }: Pick<SetupPlan, 'cloud'>, scopes: readonly string[]): string[] {
  return `$graph = '${CLOUDS[cloud].graph}'
# handed on to the steps in processes of their own
if (-not $env:GRAPH_MAIL_SETUP) { $env:GRAPH_MAIL_SETUP = [System.IO.Path]::GetTempFileName() }
$idsFile = $env:GRAPH_MAIL_SETUP
$settingsFile = Join-Path $PWD '${SETTINGS_FILE}'
$certificateFile = Join-Path $PWD '${CERTIFICATE_FILE}'

# the modules of Graph and of Exchange in two processes: they cannot be signed in side by side
function Invoke-Step([string] $Name) {
  $arguments = @('-NoProfile', '-File', $PSCommandPath, '-Step', $Name)
  if ($device) { $arguments += '-Device' }
  & (Get-Process -Id $PID).Path @arguments | Out-Host
}
function Connect-Graph {
  Import-Module Microsoft.Graph.Authentication
  $connect = @{ NoWelcome = $true; Environment = '${CLOUDS[cloud].mg}'; Scopes = @(${scopes.map((scope) => `'${scope}'`).join(', ')}) }
  if ($device) { $connect['UseDeviceCode'] = $true }
  Connect-MgGraph @connect
  $script:tenantId = (Get-MgContext).TenantId
}
function Invoke-Graph([string] $Method, [string] $Path, $Body) {
  $request = @{ Method = $Method; Uri = "$graph/v1.0/$Path"; OutputType = 'PSObject' }
  if ($Body) { $request['Body'] = ($Body | ConvertTo-Json -Depth 10); $request['ContentType'] = 'application/json' }
  Invoke-MgGraphRequest @request
}
function Invoke-WithRetry([scriptblock] $Action) {
  # what Entra has just taken is not known everywhere at once
  foreach ($delay in 5, 10, 20, 40, 60, 0) {
    try { return (& $Action) }
    catch {
      if ($delay -eq 0 -or "$_ $($_.ErrorDetails)" -match 'insufficient privileges|Authorization_RequestDenied|assigned policy') { throw }
      Write-Host "Not known everywhere yet; again in $delay s"
      Start-Sleep -Seconds $delay
    }
  }
}
function Get-Setting([string] $Name) {
  if (Test-Path $settingsFile) { Get-Content $settingsFile | Where-Object { $_.StartsWith("$Name=") } | ForEach-Object { $_.Substring($Name.Length + 1) } | Select-Object -Last 1 }
}
# read alike by shells, systemd, Docker and Node.js; quoted only where it has to be
function Format-Setting([string] $Name, [string] $Value) {
  if ($Value -match '^[A-Za-z0-9_./@+=-][A-Za-z0-9_./@+=~-]*$') { return "$Name=$Value" }
  if (-not $Value.Contains("'")) { return "$Name='$Value'" }
  return $Name + '="' + ($Value -replace '([\\\\"$\`])', '\\$1') + '"'
}
# for the owner alone from its first byte on
function Save-Private([string] $Path, [string[]] $Lines) {
  $new = "$Path.new"
  New-Item -Path $new -ItemType File -Force | Out-Null
  if ($IsWindows) { icacls $new /inheritance:r /grant:r "$([System.Security.Principal.WindowsIdentity]::GetCurrent().Name):F" | Out-Null }
  else { chmod 600 $new }
  if ($LASTEXITCODE -ne 0) { throw "$new cannot be kept from others" }
  Set-Content -Path $new -Value $Lines
  Move-Item -Path $new -Destination $Path -Force
}`.split('\n');
}

/** Finds the app this script made before, or makes it: leaves `$app`. Other people's apps of the same name are left alone. */
export function findOrCreateApp({ name, clientId }: Pick<SetupPlan, 'name' | 'clientId'>, registration: readonly string[]): string[] {
  return [
    `$name = ${quotePowerShell(name)}`,
    `$wanted = ${quotePowerShell(clientId ?? '')}`,
    ...`$saved = Get-Setting GRAPH_CLIENT_ID
if ($wanted) { $app = Invoke-Graph GET "applications(appId='$wanted')?\`$select=id,appId" }
else {
  $filter = [uri]::EscapeDataString("displayName eq '$($name.Replace("'", "''"))'")
  $found = @((Invoke-Graph GET "applications?\`$filter=$filter&\`$select=id,appId,tags").value)
  $own = @($found | Where-Object { $_.tags -contains '${TAG}' })
  $app = $own | Where-Object { $_.appId -eq $saved } | Select-Object -First 1
  if (-not $app -and $own.Count -gt 1) { throw "Nothing was changed. There are $($own.Count) apps named $($name): say which with --client-id." }
  if (-not $app) { $app = $own | Select-Object -First 1 }
  if (-not $app -and $found.Count -gt 0) { throw "Nothing was changed. An app named $name exists ($($found[0].appId)) that this script did not make: choose another --name, or --client-id $($found[0].appId) to use it." }
}
if ($saved -and (-not $app -or $app.appId -ne $saved)) { throw "Nothing was changed. ${SETTINGS_FILE} here belongs to the app $($saved): move it away, or run this in another folder." }
if ($app) { Write-Host "Goes on with the app $($app.appId)" }
else {
  $app = Invoke-Graph POST applications (@{ displayName = $name; tags = @('${TAG}') } + ${registration.join(' ')})
  Write-Host "Registered the app $name ($($app.appId))"
}
$clientId = $app.appId`.split('\n'),
  ];
}

/** Registers the app, its enterprise application and its credential. */
export function appStep(plan: SetupPlan): string[] {
  const { credential, restriction, mailboxes, cloud } = plan;
  const secretKept = '(Get-Setting GRAPH_CLIENT_SECRET)';
  const certificateKept = '((Get-Setting GRAPH_CLIENT_CERTIFICATE_PATH) -and (Test-Path $certificateFile))';
  const kept = { secret: secretKept, certificate: certificateKept, auto: `(${secretKept} -or ${certificateKept})` }[credential];
  const makeCredential = {
    secret: ['New-Secret'],
    certificate: ['New-Certificate'],
    auto: [
      'try { New-Secret }',
      'catch {',
      '  if ("$_ $($_.ErrorDetails)" -notmatch \'assigned policy\') { throw }',
      "  Write-Host 'The tenant forbids client secrets: it becomes a certificate'",
      '  New-Certificate',
      '}',
    ],
  }[credential];
  return [
    ...findOrCreateApp(plan, ["@{ signInAudience = 'AzureADMyOrg' }"]),
    ...`$principal = $null
try { $principal = Invoke-Graph GET "servicePrincipals(appId='$clientId')?\`$select=id" } catch { }
if (-not $principal) { $principal = Invoke-WithRetry { Invoke-Graph POST servicePrincipals @{ appId = $clientId } } }
$objectId = $principal.id
$granted = @((Invoke-WithRetry { Invoke-Graph GET "servicePrincipals/$objectId/appRoleAssignments?\`$select=appRoleId" }).value | ForEach-Object { "$($_.appRoleId)" })
@{ tenantId = $script:tenantId; clientId = $clientId; objectId = $objectId; granted = $granted } | ConvertTo-Json | Set-Content $idsFile`.split(
      '\n',
    ),
    ...(restriction === 'rbac'
      ? [
          '# rights add up: with one of them in Entra, no scope in Exchange would restrict the app',
          ...permissionsOf(plan).map(
            ([name, id]) =>
              `if ($granted -contains '${id}') { throw 'The app has ${name} in Entra for EVERY mailbox; remove it there (Enterprise applications, the app, Permissions), then run this again.' }`,
          ),
        ]
      : []),
    `$sender = ${quotePowerShell(mailboxes[0] ?? '')}`,
    ...`$expires = (Get-Date).ToUniversalTime().AddDays(364).ToString('yyyy-MM-dd')
function Save-Settings([string] $Credential) {
  Save-Private $settingsFile @(
    (Format-Setting GRAPH_TENANT_ID $script:tenantId)
    (Format-Setting GRAPH_CLIENT_ID $clientId)
    $Credential
    (Format-Setting GRAPH_SENDER $sender)
    (Format-Setting GRAPH_CREDENTIAL_EXPIRES $expires)${cloud === 'global' ? '' : `\n    (Format-Setting GRAPH_CLOUD ${cloud})`}
  )
}
function New-Secret {
  $made = Invoke-WithRetry { Invoke-Graph POST "applications(appId='$clientId')/addPassword" @{ passwordCredential = @{ displayName = 'mail'; endDateTime = "$($expires)T00:00:00Z" } } }
  Save-Settings (Format-Setting GRAPH_CLIENT_SECRET $made.secretText)
}
function New-Certificate {
  # only its public part leaves this machine
  $rsa = [System.Security.Cryptography.RSA]::Create(2048)
  $request = [System.Security.Cryptography.X509Certificates.CertificateRequest]::new('CN=mail', $rsa, 'SHA256', [System.Security.Cryptography.RSASignaturePadding]::Pkcs1)
  $certificate = $request.CreateSelfSigned([DateTimeOffset]::UtcNow.AddMinutes(-5), [DateTimeOffset]::UtcNow.AddDays(364))
  $pem = { param($label, $bytes) "-----BEGIN $label-----"; [Convert]::ToBase64String($bytes, 'InsertLineBreaks'); "-----END $label-----" }
  # beside those the app has: a list that is written replaces the one before
  $keys = @((Invoke-Graph GET "applications(appId='$clientId')?\`$select=keyCredentials").keyCredentials | Where-Object { $_ })
  $keys += @{ type = 'AsymmetricX509Cert'; usage = 'Verify'; key = [Convert]::ToBase64String($certificate.RawData); displayName = 'CN=mail' }
  Invoke-WithRetry { Invoke-Graph PATCH "applications(appId='$clientId')" @{ keyCredentials = $keys } } | Out-Null
  Save-Private $certificateFile @((& $pem 'CERTIFICATE' $certificate.RawData) + (& $pem 'PRIVATE KEY' $rsa.ExportPkcs8PrivateKey()))
  Save-Settings (Format-Setting GRAPH_CLIENT_CERTIFICATE_PATH $certificateFile)
}
$validUntil = Get-Setting GRAPH_CREDENTIAL_EXPIRES
if ($validUntil -and $validUntil -gt (Get-Date).AddDays(30).ToString('yyyy-MM-dd') -and ${kept}) {
  Write-Host "Keeps the credential in ${SETTINGS_FILE}, valid until $validUntil"
  Save-Private $settingsFile @((Get-Content $settingsFile | Where-Object { -not $_.StartsWith('GRAPH_SENDER=') }) + (Format-Setting GRAPH_SENDER $sender))
} else {`.split('\n'),
    ...makeCredential.map((line) => `  ${line}`),
    `  Write-Host "Wrote ${SETTINGS_FILE}; its credential is valid until $expires"`,
    '}',
  ];
}

/** Grants the application permissions: the assignment of the role is the admin consent. */
export function consentStep(plan: SetupPlan): string[] {
  const permissions = grantsInEntra(plan);
  const tracingApp = `# Microsoft's own app behind the trace, which many tenants lack
$tracing = $null
try { $tracing = Invoke-Graph GET "servicePrincipals(appId='${TRACING_APP_ID}')?\`$select=id" } catch { }
if (-not $tracing) { Invoke-WithRetry { Invoke-Graph POST servicePrincipals @{ appId = '${TRACING_APP_ID}' } } | Out-Null }`;
  return `$ids = Get-Content -Raw $idsFile | ConvertFrom-Json
$resource = Invoke-Graph GET "servicePrincipals(appId='${GRAPH_APP_ID}')?\`$select=id"
foreach ($role in ${permissions.map(([, id]) => `'${id}'`).join(', ')}) {
  if ($ids.granted -notcontains $role) {
    Invoke-WithRetry { Invoke-Graph POST "servicePrincipals/$($ids.objectId)/appRoleAssignments" @{ principalId = $ids.objectId; resourceId = $resource.id; appRoleId = $role } } | Out-Null
  }
}${plan.trace ? `\n${tracingApp}` : ''}
Write-Host 'Granted in Entra: ${permissions.map(([name]) => name).join(', ')}'`.split('\n');
}
