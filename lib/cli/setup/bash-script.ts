import { describePlan } from './describe.js';
import { appStep, consentStep, helpers, undoLines } from './bash-steps.js';
import { exchangeScript } from './exchange-steps.js';
import { CLOUDS, grantsInEntra, SETTINGS_FILE, type SetupPlan } from './plan.js';

/** A bash script for the Azure CLI; Exchange has no other way than PowerShell, which it calls. */
export function bashScript(plan: SetupPlan): string {
  const needsExchange = plan.restriction !== 'tenant';
  const programs = ['az', ...(needsExchange ? ['pwsh'] : []), ...(plan.credential === 'secret' ? [] : ['openssl'])];
  const lines = [
    '#!/usr/bin/env bash',
    ...describePlan(plan).map((line) => `# ${line}`),
    `# Needs the Azure CLI, signed in (az login --allow-no-subscriptions)${needsExchange ? ', and pwsh with the module ExchangeOnlineManagement' : ''}.`,
    ...(needsExchange ? ['# Without a browser on this machine: bash setup.sh --device'] : []),
    '{ # read as a whole before it starts',
    ...bashHead(plan.cloud),
    ...checks(plan, programs),
    '',
    'cat > "$WORK/helpers.sh" <<\'STEP\'',
    ...helpers(plan),
    'STEP',
    'cat > "$WORK/app.sh" <<\'STEP\'',
    '. "$WORK/helpers.sh"',
    ...appStep(plan),
    'STEP',
    ...(grantsInEntra(plan).length === 0
      ? []
      : ['cat > "$WORK/consent.sh" <<\'STEP\'', '. "$WORK/helpers.sh"', ...consentStep(plan), 'STEP']),
    ...(needsExchange ? exchange(plan) : ['bash "$WORK/app.sh"', 'bash "$WORK/consent.sh"']),
    '',
    '. "$WORK/ids"',
    ...undoLines(plan),
    'say ""',
    `say "Done. Check it: npx nodemailer-graph-transport doctor --env-file ${SETTINGS_FILE}"`,
    'exit; }',
  ];
  return `${lines.join('\n')}\n`;
}

/** What every script for the Azure CLI begins with. */
export function bashHead(cloud: SetupPlan['cloud']): string[] {
  return [
    'set -euo pipefail',
    'umask 077',
    '',
    `export GRAPH=${CLOUDS[cloud].graph}`,
    'WORK=$(mktemp -d); export WORK',
    'trap \'rm -rf "$WORK"\' EXIT',
    'say() { printf \'%s\\n\' "$*" >&2; }',
    'fail() { say "setup: $*"; exit 1; }',
  ];
}

/** The questions that come before any change. */
export function checks(
  { cloud, device, restriction }: Pick<SetupPlan, 'cloud' | 'device' | 'restriction'>,
  programs: readonly string[],
): string[] {
  return [
    '',
    '# what it needs, before anything is changed',
    `export DEVICE=${device ? '1' : ''}`,
    'if [ "${1:-}" = --device ]; then DEVICE=1; elif [ $# -gt 0 ]; then fail "unknown option $1; there is --device only"; fi',
    'MISSING=',
    `for PROGRAM in ${programs.join(' ')}; do command -v "$PROGRAM" > /dev/null || MISSING="$MISSING $PROGRAM"; done`,
    '[ -z "$MISSING" ] || fail "nothing was changed; please install:$MISSING"',
    'TENANT_ID=$(az account show --query tenantId --output tsv) || fail "nothing was changed; sign in first: az login --allow-no-subscriptions"',
    'export TENANT_ID',
    'ACTUAL_CLOUD=$(az cloud show --query name --output tsv)',
    `[ "$ACTUAL_CLOUD" = ${CLOUDS[cloud].az} ] || fail "nothing was changed; az is set to $ACTUAL_CLOUD: az cloud set --name ${CLOUDS[cloud].az}, then az login"`,
    ...(restriction === 'tenant'
      ? []
      : [
          "pwsh -NoProfile -Command 'if (-not (Get-Module -ListAvailable -Name ExchangeOnlineManagement)) { exit 1 }' ||",
          '  fail "nothing was changed; the PowerShell module is missing: pwsh -Command \'Install-Module ExchangeOnlineManagement -Scope CurrentUser\'"',
        ]),
    'say "Tenant $TENANT_ID"',
  ];
}

function exchange(plan: SetupPlan): string[] {
  const callBash = (step: string, why: string) => [
    `& bash (Join-Path $env:WORK '${step}.sh')`,
    `if ($LASTEXITCODE -ne 0) { throw '${why}' }`,
  ];
  return [
    'cat > "$WORK/exchange.ps1" <<\'POWERSHELL\'',
    "$ErrorActionPreference = 'Stop'",
    '$tenantId = $env:TENANT_ID',
    "$device = $env:DEVICE -eq '1'",
    ...exchangeScript(plan, {
      registerApp: [
        ...callBash('app', 'the app could not be registered'),
        "$clientId, $objectId = Get-Content (Join-Path $env:WORK 'ids') | ForEach-Object { $_.Split('=')[1] }",
      ],
      consent: callBash('consent', 'the permission could not be granted'),
    }),
    'POWERSHELL',
    'pwsh -NoProfile -File "$WORK/exchange.ps1" || fail "stopped; what was done so far stays, and running this again goes on from there"',
  ];
}
