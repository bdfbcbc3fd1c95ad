# Stands for Microsoft's module, as far as setup asks it; what there is stands in $env:STATE/tenant.json.
# https://learn.microsoft.com/powershell/microsoftgraph/authentication-commands

function Get-Tenant { Get-Content -Raw (Join-Path $env:STATE 'tenant.json') | ConvertFrom-Json -AsHashtable }
function Set-Tenant($Tenant) { $Tenant | ConvertTo-Json -Depth 10 | Set-Content (Join-Path $env:STATE 'tenant.json') }
function Write-Call([string] $Text) { Add-Content (Join-Path $env:STATE 'calls') $Text }

function Connect-MgGraph {
  param([switch] $NoWelcome, [string] $Environment, [string[]] $Scopes, [switch] $UseDeviceCode)
  if ($global:ExchangeIsConnected) { throw 'Method not found: the modules of Graph and of Exchange cannot be signed in side by side' }
  $global:GraphIsConnected = $true
  Write-Call "Connect-MgGraph $Environment $($Scopes -join ',')"
}
function Get-MgContext { [pscustomobject] @{ TenantId = (Get-Tenant).tenantId } }

# what was just made is not known everywhere at once
function Assert-Replicated($Tenant) {
  if ($Tenant.replication -le 0) { return }
  $Tenant.replication--
  Set-Tenant $Tenant
  throw 'Response status code does not indicate success: NotFound (Not Found). Request_ResourceNotFound'
}

function Invoke-MgGraphRequest {
  param([string] $Method, [string] $Uri, [string] $OutputType, [string] $Body, [string] $ContentType)
  if (-not $global:GraphIsConnected) { throw 'Authentication needed. Please call Connect-MgGraph.' }
  $tenant = Get-Tenant
  $path = [uri]::UnescapeDataString($Uri) -replace '^https://[^/]+/v1\.0/', '' -replace '[?&]\$select=.*$', ''
  Write-Call "$Method $path"
  $given = if ($Body) { $Body | ConvertFrom-Json -AsHashtable } else { @{} }
  if ($Method -eq 'GET' -and $path -match "^applications\?\`$filter=displayName eq '(.*)'$") {
    $name = $Matches[1].Replace("''", "'")
    $found = @($tenant.apps | Where-Object { $_ -and $_.displayName -eq $name } | ForEach-Object { [pscustomobject] $_ })
    return [pscustomobject] @{ value = $found }
  }
  if ($path -match "^applications\(appId='([^']*)'\)(/addPassword)?$") {
    $id = $Matches[1]
    $what = $Matches[2]
    $app = $tenant.apps | Where-Object { $_ -and $_.appId -eq $id } | Select-Object -First 1
    if (-not $app) { throw 'Response status code does not indicate success: NotFound (Not Found). Request_ResourceNotFound' }
    if ($Method -eq 'GET') { return [pscustomobject] $app }
    Assert-Replicated $tenant
    if ($what) {
      if ($tenant.secretsForbidden) { throw 'Credential type not allowed as per assigned policy' }
      $tenant.secrets++
      Set-Tenant $tenant
      return [pscustomobject] @{ secretText = 'a8Q~GEHEIM.-_' }
    }
    # PATCH: a list that is written replaces the one before
    $app['keyCredentials'] = $given.keyCredentials
    Set-Tenant $tenant
    return
  }
  if ($Method -eq 'POST' -and $path -eq 'applications') {
    if ($tenant.forbidden) { throw 'Authorization_RequestDenied Insufficient privileges to complete the operation.' }
    $app = @{ id = 'object'; appId = $tenant.nextAppId; displayName = $given.displayName; tags = @($given.tags); keyCredentials = @() }
    $tenant.apps = @($tenant.apps | Where-Object { $_ }) + $app
    Set-Tenant $tenant
    return [pscustomobject] $app
  }
  if ($path -match "^servicePrincipals\(appId='([^']*)'\)$") {
    if ($Matches[1] -like '00000003-*') { return [pscustomobject] @{ id = 'graph-object' } }
    if ($Matches[1] -like '8bd644d1-*' -and $tenant.tracing) { return [pscustomobject] @{ id = 'tracing-object' } }
    if ($Matches[1] -like '8bd644d1-*' -or -not $tenant.principal) { throw 'Response status code does not indicate success: NotFound (Not Found). Request_ResourceNotFound' }
    return [pscustomobject] @{ id = $tenant.principal }
  }
  if ($Method -eq 'POST' -and $path -eq 'servicePrincipals') {
    Assert-Replicated $tenant
    if ($given.appId -like '8bd644d1-*') {
      $tenant.tracing = $true
      Set-Tenant $tenant
      return [pscustomobject] @{ id = 'tracing-object' }
    }
    $tenant.principal = $tenant.nextPrincipal
    Set-Tenant $tenant
    return [pscustomobject] @{ id = $tenant.principal }
  }
  if ($path -match '^servicePrincipals/[^/]+/appRoleAssignments$') {
    Assert-Replicated $tenant
    if ($Method -eq 'GET') {
      return [pscustomobject] @{ value = @($tenant.granted | Where-Object { $_ } | ForEach-Object { [pscustomobject] @{ appRoleId = $_ } }) }
    }
    if ($tenant.granted -contains $given.appRoleId) { throw 'Permission being assigned already exists on the object' }
    $tenant.granted = @($tenant.granted | Where-Object { $_ }) + $given.appRoleId
    Set-Tenant $tenant
    return [pscustomobject] @{ id = 'assignment' }
  }
  throw "unexpected: $Method $path"
}

# nobody waits in a test
function Start-Sleep {
  param([int] $Seconds)
  Write-Call "Start-Sleep $Seconds"
}
