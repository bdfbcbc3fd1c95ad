import { quotePowerShell } from './quote.js';
import type { SetupPlan } from './setup-plan.js';

/**
 * PowerShell that restricts the app in Exchange Online; finds it in `$clientId` and `$objectId`.
 * https://learn.microsoft.com/exchange/permissions-exo/application-rbac
 */
export function exchangeScript({ name, mailbox, restriction, largeAttachments }: SetupPlan): string[] {
  const connect = [
    'Import-Module ExchangeOnlineManagement',
    'Connect-ExchangeOnline -ShowBanner:$false',
    `$mailbox = ${quotePowerShell(mailbox)}`,
  ];
  const disconnect = 'Disconnect-ExchangeOnline -Confirm:$false';
  if (restriction === 'policy') {
    return [
      ...connect,
      '$group = New-DistributionGroup -Name "Mailboxes of app $clientId" -Type Security -Members $mailbox',
      "New-ApplicationAccessPolicy -AppId $clientId -PolicyScopeGroupId $group.PrimarySmtpAddress -AccessRight RestrictAccess -Description 'One mailbox only'",
      'Test-ApplicationAccessPolicy -Identity $mailbox -AppId $clientId | Format-List',
      disconnect,
    ];
  }
  // the filter has quotes of its own
  const filter = `PrimarySmtpAddress -eq '${mailbox.replaceAll("'", "''")}'`;
  const assign = (role: string) => `New-ManagementRoleAssignment -App $objectId -Role '${role}' -CustomResourceScope $scope`;
  return [
    ...connect,
    '$scope = "Mailbox of app $clientId"',
    '# the object id is that of the enterprise application, not of the app registration',
    `New-ServicePrincipal -AppId $clientId -ObjectId $objectId -DisplayName ${quotePowerShell(name)}`,
    `New-ManagementScope -Name $scope -RecipientRestrictionFilter ${quotePowerShell(filter)}`,
    assign('Application Mail.Send'),
    ...(largeAttachments ? [assign('Application Mail.ReadWrite')] : []),
    '# tells without delay; Graph itself takes up to 2 hours',
    'Test-ServicePrincipalAuthorization -Identity $objectId -Resource $mailbox | Format-Table',
    disconnect,
  ];
}
