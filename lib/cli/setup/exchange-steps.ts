import { quotePowerShell } from './quote.js';
import { CLOUDS, grantsInEntra, permissionsOf, type SetupPlan } from './plan.js';

/** The steps of others that stand between those in Exchange. */
export interface OtherSteps {
  /** Registers the app in Entra; leaves `$clientId` and `$objectId`. */
  registerApp: readonly string[];
  /** Grants its permissions in Entra. */
  consent: readonly string[];
}

/**
 * PowerShell that restricts the app in Exchange Online; expects `$tenantId` and `$device`. Checks first, registers the app then, and
 * changes Exchange last, so that a missing right or a mistyped mailbox leaves nothing behind. What exists is left as it is.
 * https://learn.microsoft.com/exchange/permissions-exo/application-rbac
 */
export function exchangeScript(plan: SetupPlan, { registerApp, consent }: OtherSteps): string[] {
  const { mailboxes, group, cloud, restriction } = plan;
  return [
    ...`function Invoke-WithRetry([scriptblock] $Action) {
  # what was just made is not known everywhere at once
  foreach ($delay in 5, 10, 20, 40, 60, 0) {
    try { return (& $Action) }
    catch {
      if ($delay -eq 0 -or "$_" -match 'access is denied|unauthorized|not within your') { throw }
      Write-Host "Not known everywhere yet; again in $delay s"
      Start-Sleep -Seconds $delay
    }
  }
}
Import-Module ExchangeOnlineManagement
$connect = @{ ShowBanner = $false; ExchangeEnvironmentName = '${CLOUDS[cloud].exchange}' }
if ($device) { $connect['Device'] = $true }
Connect-ExchangeOnline @connect
try {`.split('\n'),
    ...[
      `$mailboxes = @(${mailboxes.map(quotePowerShell).join(', ')})`,
      `$groupName = ${group === undefined ? '$null' : quotePowerShell(group)}`,
      ...check(restriction),
      ...registerApp,
      ...(restriction === 'rbac' ? applyRbac(plan) : applyPolicy()),
      ...prove(restriction),
      ...(grantsInEntra(plan).length > 0 ? consent : []),
    ].map((line) => `  ${line}`),
    '} finally {',
    '  Disconnect-ExchangeOnline -Confirm:$false',
    '}',
  ];
}

function check(restriction: SetupPlan['restriction']): string[] {
  const commands =
    restriction === 'rbac'
      ? ['New-ServicePrincipal', 'New-ManagementScope', 'New-ManagementRoleAssignment', 'Test-ServicePrincipalAuthorization']
      : ['New-DistributionGroup', 'New-ApplicationAccessPolicy', 'Test-ApplicationAccessPolicy'];
  return `# what it needs, before anything is changed
$signedIn = Get-ConnectionInformation | Select-Object -First 1
if ("$($signedIn.TenantID)" -ne $tenantId) { throw "Nothing was changed. Exchange is signed in to tenant $($signedIn.TenantID), Entra to $($tenantId): sign in to the same one." }
foreach ($command in ${commands.map((name) => `'${name}'`).join(', ')}) {
  if (-not (Get-Command $command -ErrorAction SilentlyContinue)) { throw "Nothing was changed. $command is not there for $($signedIn.UserPrincipalName), who needs the role Organization Management (Exchange Administrator in Entra)." }
}
foreach ($mailbox in $mailboxes) {
  $recipient = Get-EXORecipient -Identity $mailbox -ErrorAction SilentlyContinue
  if (-not $recipient) { throw "Nothing was changed. There is no mailbox $mailbox." }
  $kind = "$($recipient.RecipientTypeDetails)"
  if ($kind -notin 'UserMailbox', 'SharedMailbox', 'RoomMailbox', 'EquipmentMailbox') { throw "Nothing was changed. $mailbox is a $kind, which cannot send: make a shared mailbox." }
  if ("$($recipient.PrimarySmtpAddress)" -ne $mailbox) { throw "Nothing was changed. $mailbox is an alias of $($recipient.PrimarySmtpAddress): name that one." }
}
$group = $null
if ($groupName) {
  $group = Get-Group -Identity $groupName -ErrorAction SilentlyContinue
  if (-not $group) { throw "Nothing was changed. There is no group $groupName." }
}`.split('\n');
}

function applyRbac(plan: SetupPlan): string[] {
  const roles = permissionsOf(plan).map(([name]) => `Application ${name}`);
  return `if ((Get-OrganizationConfig).IsDehydrated) {
  # small and new tenants need this once
  Write-Host 'Enables customisation of the organisation (Enable-OrganizationCustomization)'
  Enable-OrganizationCustomization
}
# the object id is that of the enterprise application, not of the app registration
if (-not (Get-ServicePrincipal | Where-Object { "$($_.AppId)" -eq $clientId })) {
  Invoke-WithRetry { New-ServicePrincipal -AppId $clientId -ObjectId $objectId -DisplayName ${quotePowerShell(plan.name)} } | Out-Null
}
$scope = "Mailboxes of app $clientId"
$conditions = @($mailboxes | ForEach-Object { "(PrimarySmtpAddress -eq '$($_.Replace("'", "''"))')" })
if ($group) { $conditions += "(MemberOfGroup -eq '$($group.DistinguishedName.Replace("'", "''"))')" }
$filter = $conditions -join ' -or '
$existing = Get-ManagementScope | Where-Object { $_.Name -eq $scope }
if (-not $existing) { Invoke-WithRetry { New-ManagementScope -Name $scope -RecipientRestrictionFilter $filter } | Out-Null }
elseif ($existing.RecipientFilter -ne $filter) { Set-ManagementScope -Identity $scope -RecipientRestrictionFilter $filter }
$assignments = @(Get-ManagementRoleAssignment -RoleAssignee $objectId -ErrorAction SilentlyContinue)
foreach ($role in ${roles.map((role) => `'${role}'`).join(', ')}) {
  if (-not ($assignments | Where-Object { $_.Role -eq $role -and $_.CustomResourceScope -eq $scope })) {
    Invoke-WithRetry { New-ManagementRoleAssignment -App $objectId -Role $role -CustomResourceScope $scope } | Out-Null
  }
}
foreach ($wide in @($assignments | Where-Object { $_.Role -like 'Application Mail.*' -and $_.CustomResourceScope -ne $scope })) {
  Write-Warning "The app has the role $($wide.Role) outside this scope, too ($($wide.Name)); rights add up."
}`.split('\n');
}

function applyPolicy(): string[] {
  return `Write-Warning 'Microsoft asks not to create new Application Access Policies; until this one acts (30 minutes to 4 hours) the app can use every mailbox.'
$policyGroup = "Mailboxes of app $clientId"
if (-not (Get-DistributionGroup -Identity $policyGroup -ErrorAction SilentlyContinue)) {
  New-DistributionGroup -Name $policyGroup -Type Security -Members @($mailboxes + @($groupName | Where-Object { $_ })) | Out-Null
}
if (-not (Get-ApplicationAccessPolicy -ErrorAction SilentlyContinue | Where-Object { "$($_.AppId)" -eq $clientId })) {
  Invoke-WithRetry { New-ApplicationAccessPolicy -AppId $clientId -PolicyScopeGroupId (Get-DistributionGroup -Identity $policyGroup).PrimarySmtpAddress -AccessRight RestrictAccess -Description 'Mail from these mailboxes only' } | Out-Null
}`.split('\n');
}

/** Granted where it should be, denied where it should not: both are shown, and a wrong answer ends the script. */
function prove(restriction: SetupPlan['restriction']): string[] {
  const ask =
    restriction === 'rbac'
      ? `$answer = Test-ServicePrincipalAuthorization -Identity $objectId -Resource $address | Where-Object { $_.RoleName -eq 'Application Mail.Send' }
  return [bool] ($answer | Where-Object { "$($_.InScope)" -eq 'True' })`
      : `$answer = Test-ApplicationAccessPolicy -Identity $address -AppId $clientId
  return "$($answer.AccessCheckResult)" -eq 'Granted'`;
  return `# these tests tell without delay; Graph itself takes longer
function Test-MaySend([string] $address) {
  ${ask}
}
foreach ($mailbox in $mailboxes) {
  Invoke-WithRetry { if (-not (Test-MaySend $mailbox)) { throw "The app may not send as $mailbox, though it should." } }
  Write-Host "Granted: $mailbox"
}
$members = @()
if ($group) { $members = @(Get-DistributionGroupMember -Identity $groupName -ResultSize Unlimited -ErrorAction SilentlyContinue | ForEach-Object { "$($_.PrimarySmtpAddress)" }) }
$other = Get-EXOMailbox -ResultSize 50 | ForEach-Object { "$($_.PrimarySmtpAddress)" } | Where-Object { $_ -notin $mailboxes -and $_ -notin $members } | Select-Object -First 1
if (-not $other) { Write-Host 'Denied: not checked, there is no other mailbox' }
elseif (Test-MaySend $other) { throw "The app may send as $other, which it should not. Look for permissions in Entra and for other role assignments." }
else { Write-Host "Denied: $other" }`.split('\n');
}
