# Stands for Microsoft's module, as far as setup asks it; what there is stands in $env:STATE/tenant.json.
# https://learn.microsoft.com/powershell/module/exchangepowershell

function Get-Tenant { Get-Content -Raw (Join-Path $env:STATE 'tenant.json') | ConvertFrom-Json -AsHashtable }
function Set-Tenant($Tenant) { $Tenant | ConvertTo-Json -Depth 10 | Set-Content (Join-Path $env:STATE 'tenant.json') }
function Write-Call([string] $Text) { Add-Content (Join-Path $env:STATE 'calls') $Text }
function Get-List($Values) { @($Values | Where-Object { $_ } | ForEach-Object { [pscustomobject] $_ }) }

function Connect-ExchangeOnline {
  param([bool] $ShowBanner, [string] $ExchangeEnvironmentName, [switch] $Device)
  if ($global:GraphIsConnected) { throw 'Method not found: the modules of Graph and of Exchange cannot be signed in side by side' }
  $global:ExchangeIsConnected = $true
  Write-Call "Connect-ExchangeOnline $ExchangeEnvironmentName"
}
function Disconnect-ExchangeOnline {
  [CmdletBinding(SupportsShouldProcess)] param()
  Write-Call 'Disconnect-ExchangeOnline'
}
function Get-ConnectionInformation {
  [pscustomobject] @{ TenantID = (Get-Tenant).exchangeTenant; UserPrincipalName = 'admin@contoso.com' }
}
function Get-OrganizationConfig { [pscustomobject] @{ IsDehydrated = (Get-Tenant).dehydrated } }
function Enable-OrganizationCustomization {
  $tenant = Get-Tenant
  if (-not $tenant.dehydrated) { throw 'This operation is not required. Organization is already enabled for customization.' }
  $tenant.dehydrated = $false
  Set-Tenant $tenant
  Write-Call 'Enable-OrganizationCustomization'
}
function Get-EXORecipient {
  [CmdletBinding()] param([string] $Identity)
  Get-List (Get-Tenant).recipients | Where-Object { $_.PrimarySmtpAddress -eq $Identity -or $_.Alias -eq $Identity }
}
function Get-EXOMailbox {
  param([int] $ResultSize)
  Get-List (Get-Tenant).recipients | Where-Object { $_.RecipientTypeDetails -like '*Mailbox' }
}
function Get-Group {
  [CmdletBinding()] param([string] $Identity)
  Get-List (Get-Tenant).groups | Where-Object { $_.Name -eq $Identity }
}
function Get-DistributionGroupMember {
  [CmdletBinding()] param([string] $Identity, [string] $ResultSize)
  Get-List (Get-Tenant).groups | Where-Object { $_.Name -eq $Identity } | ForEach-Object { $_.Members } | ForEach-Object { [pscustomobject] @{ PrimarySmtpAddress = $_ } }
}
function Get-ServicePrincipal { Get-List (Get-Tenant).servicePrincipals }
function New-ServicePrincipal {
  param([string] $AppId, [string] $ObjectId, [string] $DisplayName)
  $tenant = Get-Tenant
  if ($tenant.exchangeReplication -gt 0) {
    $tenant.exchangeReplication--
    Set-Tenant $tenant
    throw "The service principal with object id $ObjectId couldn't be found."
  }
  $tenant.servicePrincipals = @($tenant.servicePrincipals | Where-Object { $_ }) + @{ AppId = $AppId; ObjectId = $ObjectId; DisplayName = $DisplayName }
  Set-Tenant $tenant
  Write-Call 'New-ServicePrincipal'
}
function Get-ManagementScope { Get-List (Get-Tenant).scopes }
function New-ManagementScope {
  param([string] $Name, [string] $RecipientRestrictionFilter)
  $tenant = Get-Tenant
  if ($tenant.dehydrated) { throw 'The command you tried to run is not currently allowed in your organization. Run Enable-OrganizationCustomization first.' }
  if ($tenant.scopes | Where-Object { $_ -and $_.Name -eq $Name }) { throw "The management scope $Name already exists." }
  $tenant.scopes = @($tenant.scopes | Where-Object { $_ }) + @{ Name = $Name; RecipientFilter = $RecipientRestrictionFilter }
  Set-Tenant $tenant
  Write-Call 'New-ManagementScope'
}
function Set-ManagementScope {
  param([string] $Identity, [string] $RecipientRestrictionFilter)
  $tenant = Get-Tenant
  foreach ($scope in $tenant.scopes) { if ($scope.Name -eq $Identity) { $scope.RecipientFilter = $RecipientRestrictionFilter } }
  Set-Tenant $tenant
  Write-Call 'Set-ManagementScope'
}
function Get-ManagementRoleAssignment {
  [CmdletBinding()] param([string] $RoleAssignee)
  Get-List (Get-Tenant).assignments | Where-Object { $_.App -eq $RoleAssignee }
}
function New-ManagementRoleAssignment {
  param([string] $App, [string] $Role, [string] $CustomResourceScope)
  $tenant = Get-Tenant
  if (-not ($tenant.servicePrincipals | Where-Object { $_ -and $_.ObjectId -eq $App })) { throw "Couldn't find the service principal $App." }
  $tenant.assignments = @($tenant.assignments | Where-Object { $_ }) + @{ Name = "$Role-$App"; App = $App; Role = $Role; CustomResourceScope = $CustomResourceScope }
  Set-Tenant $tenant
  Write-Call "New-ManagementRoleAssignment $Role"
}
function Test-ServicePrincipalAuthorization {
  param([string] $Identity, [string] $Resource)
  $tenant = Get-Tenant
  foreach ($assignment in Get-List $tenant.assignments | Where-Object { $_.App -eq $Identity }) {
    $filter = (Get-List $tenant.scopes | Where-Object { $_.Name -eq $assignment.CustomResourceScope }).RecipientFilter
    [pscustomobject] @{ RoleName = $assignment.Role; InScope = [bool] ($tenant.leaks -or "$filter".Contains("'$($Resource.Replace("'", "''"))'")) }
  }
}
function New-DistributionGroup {}
function New-ApplicationAccessPolicy {}
function Test-ApplicationAccessPolicy {}

# nobody waits in a test
function Start-Sleep {
  param([int] $Seconds)
  Write-Call "Start-Sleep $Seconds"
}
