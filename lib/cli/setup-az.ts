import { quoteShell } from './quote.js';
import { exchangeScript } from './setup-exchange.js';
import { CERTIFICATE_FILE, describePlan, GRAPH_APP_ID, permissionsOf, SETTINGS_FILE, type SetupPlan } from './setup-plan.js';

/** A bash script for the Azure CLI; Exchange has no other way than PowerShell, which it calls. */
export function azScript(plan: SetupPlan): string {
  const { name, mailbox, restriction, certificate } = plan;
  const needsExchange = restriction !== 'tenant';
  const permissions = permissionsOf(plan).map(([, id]) => `${id}=Role`);
  const lines = [
    '#!/usr/bin/env bash',
    ...describePlan(plan).map((line) => `# ${line}`),
    `# Needs the Azure CLI, signed in (az login --allow-no-subscriptions)${needsExchange ? ', and pwsh with the module ExchangeOnlineManagement' : ''}${certificate ? ', and openssl' : ''}.`,
    'set -euo pipefail',
    'umask 077',
    '',
    `NAME=${quoteShell(name)}`,
    `MAILBOX=${quoteShell(mailbox)}`,
    '',
    'TENANT_ID=$(az account show --query tenantId --output tsv)',
    'CLIENT_ID=$(az ad app create --display-name "$NAME" --sign-in-audience AzureADMyOrg --query appId --output tsv)',
    'OBJECT_ID=$(az ad sp create --id "$CLIENT_ID" --query id --output tsv)',
    '',
    '# --append: without it existing secrets and certificates would be deleted',
    ...(certificate ? certificateLines : secretLines),
    '',
    ...(needsExchange ? exchangeLines(plan) : []),
    ...(restriction === 'rbac' ? [] : consentLines(permissions)),
    `echo "Done. Check it: set -a; . ./${SETTINGS_FILE}; set +a; npx nodemailer-graph-transport doctor"`,
  ];
  return `${lines.join('\n')}\n`;
}

const settingsLine = (name: string, variable: string) => `  printf '${name}=%q\\n' "$${variable}"`;
const settingsLines = (own: string) => [
  '{',
  settingsLine('GRAPH_TENANT_ID', 'TENANT_ID'),
  settingsLine('GRAPH_CLIENT_ID', 'CLIENT_ID'),
  own,
  settingsLine('GRAPH_SENDER', 'MAILBOX'),
  `} > ${SETTINGS_FILE}`,
];

const secretLines = [
  'SECRET=$(az ad app credential reset --id "$CLIENT_ID" --append --years 1 --display-name mail --query password --output tsv)',
  ...settingsLines(settingsLine('GRAPH_CLIENT_SECRET', 'SECRET')),
];

const certificateLines = [
  'KEYS=$(mktemp -d)',
  'openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=mail -keyout "$KEYS/key.pem" -out "$KEYS/certificate.pem"',
  `cat "$KEYS/certificate.pem" "$KEYS/key.pem" > ${CERTIFICATE_FILE}`,
  'az ad app credential reset --id "$CLIENT_ID" --append --cert "@$KEYS/certificate.pem" --output none',
  'rm -r "$KEYS"',
  ...settingsLines(`  printf 'GRAPH_CLIENT_CERTIFICATE_PATH=%q\\n' "$PWD/${CERTIFICATE_FILE}"`),
];

function exchangeLines(plan: SetupPlan): string[] {
  return [
    '# before any consent, so that the app can at no time use another mailbox',
    'SCRIPT=$(mktemp -d)',
    'cat > "$SCRIPT/exchange.ps1" <<\'POWERSHELL\'',
    "$ErrorActionPreference = 'Stop'",
    '$clientId = $env:CLIENT_ID',
    '$objectId = $env:OBJECT_ID',
    ...exchangeScript(plan),
    'POWERSHELL',
    'CLIENT_ID=$CLIENT_ID OBJECT_ID=$OBJECT_ID pwsh -NoProfile -File "$SCRIPT/exchange.ps1"',
    'rm -r "$SCRIPT"',
    '',
  ];
}

const consentLines = (permissions: string[]) => [
  `az ad app permission add --id "$CLIENT_ID" --api ${GRAPH_APP_ID} --api-permissions ${permissions.join(' ')}`,
  '# Entra needs a moment to know the app everywhere',
  'for DELAY in 10 20 40 0; do',
  '  az ad app permission admin-consent --id "$CLIENT_ID" && break',
  '  [ "$DELAY" -gt 0 ] || exit 1',
  '  sleep "$DELAY"',
  'done',
  '',
];
