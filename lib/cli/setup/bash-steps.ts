import { quoteShell } from './quote.js';
import {
  CERTIFICATE_FILE,
  GRAPH_APP_ID,
  grantsInEntra,
  permissionsOf,
  SETTINGS_FILE,
  TAG,
  TRACING_APP_ID,
  type SetupPlan,
} from './plan.js';

/** What the steps share: requests to Graph, waiting for replication, reading and writing the settings. */
export function helpers({ cloud }: Pick<SetupPlan, 'cloud'>): string[] {
  return `set -euo pipefail
umask 077
say() { printf '%s\\n' "$*" >&2; }
fail() { say "setup: $*"; exit 1; }

# graph METHOD PATH [BODY] [QUERY]: one request to Microsoft Graph as the signed-in administrator
graph() {
  local args=(--method "$1" --url "$GRAPH/v1.0/$2" --resource "$GRAPH" --output tsv)
  [ -z "\${3:-}" ] || args+=(--headers Content-Type=application/json --body "$3")
  [ -z "\${4:-}" ] || args+=(--query "$4")
  az rest "\${args[@]}"
}

# what Entra has just taken is not known everywhere at once
retry() {
  local delay
  for delay in 5 10 20 40 60 end; do
    if "$@" 2> "$WORK/error"; then return 0; fi
    [ "$delay" != end ] || break
    ! grep -qiE 'insufficient privileges|authorization_requestdenied|assigned policy' "$WORK/error" || break
    say "Entra does not know it everywhere yet; again in $delay s"
    sleep "$delay"
  done
  [ -n "\${QUIET:-}" ] || cat "$WORK/error" >&2
  return 1
}

# setting NAME: what ${SETTINGS_FILE} says; ids and dates only, which are never quoted
setting() { [ ! -f ${SETTINGS_FILE} ] || sed -n "s/^$1=//p" ${SETTINGS_FILE} | tail -n 1; }

# line NAME VALUE: read alike by shells, systemd, Docker and Node.js; quoted only where it has to be
line() {
  local safe='^[A-Za-z0-9_./@+=-][A-Za-z0-9_./@+=~-]*$'
  if [[ $2 =~ $safe ]]; then printf '%s=%s\\n' "$1" "$2"
  elif [[ $2 != *"'"* ]]; then printf "%s='%s'\\n" "$1" "$2"
  elif [[ $2 != *[\\"\\$\\\`\\\\]* ]]; then printf '%s="%s"\\n' "$1" "$2"
  else printf '%s=%q\\n' "$1" "$2"; fi
}

# in \${1} days, in GNU's and in BSD's words
in_days() { date -u -d "+$1 days" +%Y-%m-%d 2> /dev/null || date -u -v "+$1d" +%Y-%m-%d; }

# save FILE: from standard input, whole or not at all
save() { cat > "$1.new" && mv "$1.new" "$1"; }

cloud_line() { ${cloud === 'global' ? ':' : `line GRAPH_CLOUD ${cloud}`}; }`.split('\n');
}

/** Finds the app this script made before, or makes it: leaves CLIENT_ID. Other people's apps of the same name are left alone. */
export function findOrCreateApp({ name, clientId }: Pick<SetupPlan, 'name' | 'clientId'>, registration: Record<string, unknown>): string[] {
  const filter = encodeURIComponent(`displayName eq '${name.replaceAll("'", "''")}'`).replaceAll("'", '%27');
  const body = JSON.stringify({ displayName: name, ...registration, tags: [TAG] });
  return `NAME=${quoteShell(name)}
CLIENT_ID=${quoteShell(clientId ?? '')}
SAVED_ID=$(setting GRAPH_CLIENT_ID)
if [ -n "$CLIENT_ID" ]; then
  graph GET "applications(appId='$CLIENT_ID')?\\$select=appId" '' appId > /dev/null || fail "nothing was changed; tenant $TENANT_ID has no app registration $CLIENT_ID"
else
  FOUND=$(graph GET "applications?\\$filter=${filter}&\\$select=appId,tags" '' "value[].[appId, contains(tags, '${TAG}')]")
  OWN='' COUNT=0 OTHER=''
  while IFS=$'\\t' read -r ID MINE; do
    [ -n "$ID" ] || continue
    case $MINE in
      [Tt]rue) COUNT=$((COUNT + 1)); if [ "$ID" = "$SAVED_ID" ] || [ -z "$OWN" ]; then OWN=$ID; fi ;;
      *) OTHER=$ID ;;
    esac
  done <<< "$FOUND"
  if [ "$COUNT" -gt 1 ] && [ "$OWN" != "$SAVED_ID" ]; then fail "nothing was changed; there are $COUNT apps named $NAME: say which with --client-id"; fi
  if [ -z "$OWN" ] && [ -n "$OTHER" ]; then fail "nothing was changed; an app named $NAME exists ($OTHER) that this script did not make: choose another --name, or --client-id $OTHER to use it"; fi
  CLIENT_ID=$OWN
fi
if [ -n "$SAVED_ID" ] && [ "$SAVED_ID" != "$CLIENT_ID" ]; then fail "nothing was changed; ${SETTINGS_FILE} here belongs to the app $SAVED_ID: move it away, or run this in another folder"; fi
if [ -z "$CLIENT_ID" ]; then
  CLIENT_ID=$(graph POST applications ${quoteShell(body)} appId)
  say "Registered the app $NAME ($CLIENT_ID)"
else
  say "Goes on with the app $CLIENT_ID"
fi`.split('\n');
}

/** Registers the app, its enterprise application and its credential; leaves both ids in $WORK/ids. */
export function appStep(plan: SetupPlan): string[] {
  const { credential, restriction, mailboxes } = plan;
  const sender = mailboxes[0] ?? '';
  const secretKept = '[ -n "$(setting GRAPH_CLIENT_SECRET)" ]';
  const certificateKept = `{ [ -n "$(setting GRAPH_CLIENT_CERTIFICATE_PATH)" ] && [ -s ${CERTIFICATE_FILE} ]; }`;
  const kept = { secret: secretKept, certificate: certificateKept, auto: `{ ${secretKept} || ${certificateKept}; }` }[credential];
  const makeCredential = {
    secret: 'make_secret || { cat "$WORK/error" >&2; fail "no client secret could be made; --certificate may be allowed"; }',
    certificate: 'make_certificate',
    auto: `if ! make_secret; then
    grep -qi 'assigned policy' "$WORK/error" || { cat "$WORK/error" >&2; fail "no client secret could be made"; }
    say "The tenant forbids client secrets: it becomes a certificate"
    make_certificate
  fi`,
  }[credential];
  return [
    ...findOrCreateApp(plan, { signInAudience: 'AzureADMyOrg' }),
    ...`
OBJECT_ID=$(graph GET "servicePrincipals(appId='$CLIENT_ID')?\\$select=id" '' id 2> /dev/null || true)
[ -n "$OBJECT_ID" ] || OBJECT_ID=$(retry graph POST servicePrincipals "{\\"appId\\":\\"$CLIENT_ID\\"}" id)
printf 'CLIENT_ID=%s\\nOBJECT_ID=%s\\n' "$CLIENT_ID" "$OBJECT_ID" > "$WORK/ids"
GRANTED=$(retry graph GET "servicePrincipals/$OBJECT_ID/appRoleAssignments?\\$select=appRoleId" '' 'value[].appRoleId')
printf '%s\\n' "$GRANTED" > "$WORK/granted"`.split('\n'),
    ...(restriction === 'rbac'
      ? [
          '# rights add up: with one of them in Entra, no scope in Exchange would restrict the app',
          ...permissionsOf(plan).map(
            ([name, id]) =>
              `case $GRANTED in *${id}*) fail "the app has ${name} in Entra for EVERY mailbox; remove it there (Enterprise applications › the app › Permissions), then run this again" ;; esac`,
          ),
        ]
      : []),
    ...`
MAILBOX=${quoteShell(sender)}
EXPIRES=$(in_days 364)
settings() { # the line of the credential on standard input
  line GRAPH_TENANT_ID "$TENANT_ID"
  line GRAPH_CLIENT_ID "$CLIENT_ID"
  cat
  line GRAPH_SENDER "$MAILBOX"
  line GRAPH_CREDENTIAL_EXPIRES "$EXPIRES"
  cloud_line
}
make_secret() { # beside those the app has
  local secret
  secret=$(QUIET=1 retry graph POST "applications(appId='$CLIENT_ID')/addPassword" "{\\"passwordCredential\\":{\\"displayName\\":\\"mail\\",\\"endDateTime\\":\\"$EXPIRES"'T00:00:00Z"}}' secretText) || return 1
  line GRAPH_CLIENT_SECRET "$secret" | settings | save ${SETTINGS_FILE}
}
make_certificate() { # only its public part leaves this machine
  openssl req -x509 -newkey rsa:2048 -nodes -days 364 -subj /CN=mail -keyout "$WORK/key.pem" -out "$WORK/certificate.pem" 2> "$WORK/openssl" || { cat "$WORK/openssl" >&2; fail "openssl could not make a certificate"; }
  # --append: without it existing secrets and certificates would be deleted
  retry az ad app credential reset --id "$CLIENT_ID" --append --cert "@$WORK/certificate.pem" --output none
  cat "$WORK/certificate.pem" "$WORK/key.pem" | save ${CERTIFICATE_FILE}
  line GRAPH_CLIENT_CERTIFICATE_PATH "$PWD/${CERTIFICATE_FILE}" | settings | save ${SETTINGS_FILE}
}
VALID_UNTIL=$(setting GRAPH_CREDENTIAL_EXPIRES)
if [[ -n $VALID_UNTIL && $VALID_UNTIL > $(in_days 30) ]] && ${kept}; then
  say "Keeps the credential in ${SETTINGS_FILE}, valid until $VALID_UNTIL"
  { grep -v '^GRAPH_SENDER=' ${SETTINGS_FILE}; line GRAPH_SENDER "$MAILBOX"; } | save ${SETTINGS_FILE}
else
  ${makeCredential}
  say "Wrote ${SETTINGS_FILE}; its credential is valid until $EXPIRES"
fi`.split('\n'),
  ];
}

/** Grants the application permissions: the assignment of the role is the admin consent. */
export function consentStep(plan: SetupPlan): string[] {
  const permissions = grantsInEntra(plan);
  const tracingApp = `# Microsoft's own app behind the trace, which many tenants lack
graph GET "servicePrincipals(appId='${TRACING_APP_ID}')?\\$select=id" '' id > /dev/null 2>&1 || retry graph POST servicePrincipals '{"appId":"${TRACING_APP_ID}"}' id > /dev/null`;
  return `. "$WORK/ids"
GRANTED=$(cat "$WORK/granted")
RESOURCE_ID=$(graph GET "servicePrincipals(appId='${GRAPH_APP_ID}')?\\$select=id" '' id)
for ROLE in ${permissions.map(([, id]) => id).join(' ')}; do
  case $GRANTED in *"$ROLE"*) continue ;; esac
  retry graph POST "servicePrincipals/$OBJECT_ID/appRoleAssignments" "{\\"principalId\\":\\"$OBJECT_ID\\",\\"resourceId\\":\\"$RESOURCE_ID\\",\\"appRoleId\\":\\"$ROLE\\"}" id > /dev/null
done${plan.trace ? `\n${tracingApp}` : ''}
say "Granted in Entra: ${permissions.map(([name]) => name).join(', ')}"`.split('\n');
}

/** How all of it is taken back. */
export function undoLines({ restriction }: Pick<SetupPlan, 'restriction'>): string[] {
  const inExchange: Record<SetupPlan['restriction'], string[]> = {
    rbac: [
      'say "  in Exchange Online PowerShell: Get-ManagementRoleAssignment -RoleAssignee $OBJECT_ID | Remove-ManagementRoleAssignment"',
      'say "    Remove-ManagementScope \'Mailboxes of app $CLIENT_ID\'; Remove-ServicePrincipal $OBJECT_ID"',
    ],
    policy: [
      'say "  in Exchange Online PowerShell: Get-ApplicationAccessPolicy | Where-Object AppId -eq $CLIENT_ID | Remove-ApplicationAccessPolicy"',
      'say "    Remove-DistributionGroup \'Mailboxes of app $CLIENT_ID\'"',
    ],
    tenant: [],
  };
  return [
    'say ""',
    'say "To undo it:"',
    ...inExchange[restriction],
    `say "  az ad app delete --id $CLIENT_ID; rm -f ${SETTINGS_FILE} ${CERTIFICATE_FILE}"`,
  ];
}
