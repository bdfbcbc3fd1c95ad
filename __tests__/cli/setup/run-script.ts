import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'setup-'));
afterAll(() => rmSync(folder, { recursive: true }));

export const APP = '11111111-1111-4111-8111-111111111111';
export const PRINCIPAL = '22222222-2222-4222-8222-222222222222';
export const TENANT = '33333333-3333-4333-8333-333333333333';

/** How the tenant differs from one that knows nothing yet and grants everything. */
export interface Tenant {
  /** Apps that exist: `[appId, whether a script made it]`. */
  apps?: [string, boolean][];
  /** How many times what was just made is not known yet. */
  replication?: number;
  secretsForbidden?: boolean;
  /** The administrator may not do it. */
  forbidden?: boolean;
  /** Application permissions in Entra, by their ids. */
  granted?: string[];
  cloud?: string;
  signedOut?: boolean;
  /** Programs that are not installed. */
  without?: string[];
  moduleMissing?: boolean;
  /** What Exchange finds wrong before anything is changed. */
  exchangeRefuses?: boolean;
}

// as Azure CLI and Graph answer, as far as the script asks them; what there is stands in $STATE
const AZ = `case "$*" in
  "account show"*) [ ! -e "$STATE/signed-out" ] || { echo "Please run 'az login' to setup account." >&2; exit 1; }; echo ${TENANT}; exit;;
  "cloud show"*) cat "$STATE/cloud"; exit;;
esac
refuse() { echo "ERROR: $*" >&2; exit 1; }
# the administrator's session ends in the midst of it
failing=$(cat "$STATE/fails-at"); [ -z "$failing" ] || case "$*" in *"$failing"*) refuse 'Insufficient privileges to complete the operation.';; esac
replicated() { left=$(cat "$STATE/replication"); [ "$left" -gt 0 ] || return 0; echo $((left - 1)) > "$STATE/replication"; refuse 'Not Found({"error":{"code":"Request_ResourceNotFound"}})'; }
case "$*" in
  "rest --method GET"*"applications?"*) cat "$STATE/apps";;
  "rest --method GET"*"applications(appId="*) grep -q "$(sed "s/.*appId='//; s/'.*//" <<< "$*")" "$STATE/apps" || refuse 'Not Found({"error":{"code":"Request_ResourceNotFound"}})'; echo found;;
  "rest --method POST"*"/applications "*) [ ! -e "$STATE/forbidden" ] || refuse 'Forbidden({"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges to complete the operation."}})'
    printf '${APP}\\tTrue\\n' >> "$STATE/apps"; echo ${APP};;
  "rest --method GET"*"servicePrincipals(appId='00000003"*) echo graph-object;;
  "rest --method GET"*"servicePrincipals(appId='8bd644d1"*) [ -e "$STATE/tracing" ] || refuse 'Not Found({"error":{"code":"Request_ResourceNotFound"}})'; cat "$STATE/tracing";;
  "rest --method POST"*"/servicePrincipals "*8bd644d1*) replicated; [ ! -e "$STATE/tracing" ] || refuse 'Conflict'; echo tracing-object | tee "$STATE/tracing";;
  "rest --method GET"*"servicePrincipals(appId="*) [ -e "$STATE/principal" ] || refuse 'Not Found({"error":{"code":"Request_ResourceNotFound"}})'; cat "$STATE/principal";;
  "rest --method POST"*"/servicePrincipals "*) replicated; [ ! -e "$STATE/principal" ] || refuse 'Conflict'; echo ${PRINCIPAL} | tee "$STATE/principal";;
  "rest --method GET"*"/appRoleAssignments"*) replicated; cat "$STATE/granted";;
  "rest --method POST"*"/appRoleAssignments"*) replicated; role=$(sed 's/.*appRoleId":"//; s/".*//' <<< "$*"); ! grep -q "$role" "$STATE/granted" || refuse 'Permission being assigned already exists on the object'
    echo "$role" >> "$STATE/granted"; echo assigned;;
  "rest --method POST"*"/addPassword"*) [ ! -e "$STATE/secrets-forbidden" ] || refuse 'Bad Request({"error":{"message":"Credential type not allowed as per assigned policy"}})'
    replicated; echo x >> "$STATE/secrets"; echo 'a8Q~GEHEIM.-_';;
  "ad app credential reset"*"--append"*"--cert @"*) file=$(sed 's/.*--cert @//; s/ .*//' <<< "$*"); grep -q CERTIFICATE "$file" && ! grep -q KEY "$file" || refuse 'bad certificate'; echo x >> "$STATE/certificates";;
  *) refuse "unexpected: $*";;
esac`;
const PWSH = `case "$*" in
  *-Command*) [ ! -e "$STATE/module-missing" ]; exit;;
esac
cp "$3" "$STATE/exchange.ps1"
[ ! -e "$STATE/exchange-refuses" ] || exit 1
bash "$WORK/app.sh" || exit 1
echo restricted >> "$STATE/order"
[ ! -e "$WORK/consent.sh" ] || { bash "$WORK/consent.sh" || exit 1; echo consented >> "$STATE/order"; }`;
const OPENSSL = 'while [ $# -gt 1 ]; do case "$1" in -keyout) echo KEY > "$2";; -out) echo CERTIFICATE > "$2";; esac; shift; done';

/** What every machine has: nothing of the real one stands in for what is missing. */
const tools = join(folder, 'tools');
mkdirSync(tools);
for (const name of ['bash', 'cat', 'mktemp', 'rm', 'mv', 'cp', 'sed', 'tail', 'grep', 'date', 'tee', 'touch']) {
  symlinkSync(spawnSync('which', [name], { encoding: 'utf8' }).stdout.trim(), join(tools, name));
}

/** A folder with an administrator's programs in it, which answer as Microsoft's do. */
export function createMachine(tenant: Tenant = {}) {
  const home = mkdtempSync(join(folder, 'run-'));
  const [state, bin] = [join(home, 'state'), join(home, 'bin')];
  mkdirSync(state);
  mkdirSync(bin);
  const put = (name: string, text: string) => writeFileSync(join(state, name), text);
  put('apps', (tenant.apps ?? []).map(([id, own]) => `${id}\t${own ? 'True' : 'False'}\n`).join(''));
  put('granted', (tenant.granted ?? []).map((role) => `${role}\n`).join(''));
  put('replication', String(tenant.replication ?? 0));
  put('fails-at', '');
  put('cloud', tenant.cloud ?? 'AzureCloud');
  const flags = { 'secrets-forbidden': tenant.secretsForbidden, forbidden: tenant.forbidden, 'signed-out': tenant.signedOut };
  const more = { 'module-missing': tenant.moduleMissing, 'exchange-refuses': tenant.exchangeRefuses };
  for (const [name, set] of Object.entries({ ...flags, ...more })) if (set) put(name, '');
  const record = `#!/usr/bin/env bash\n{ printf '%s' "\${0##*/}"; printf '\\037%s' "$@"; printf '\\036'; } >> "$STATE/calls"\n`;
  for (const [name, answer] of Object.entries({ az: AZ, pwsh: PWSH, openssl: OPENSSL, sleep: '' })) {
    if (!tenant.without?.includes(name)) writeFileSync(join(bin, name), `${record}${answer}\n`, { mode: 0o755 });
  }
  const read = (name: string) => readFileSync(join(home, name), 'utf8');
  const stateOf = (name: string) => (existsSync(join(state, name)) ? readFileSync(join(state, name), 'utf8') : '');
  return {
    home,
    read,
    state: stateOf,
    put,
    files: () => readdirSync(home).filter((name) => name !== 'bin' && name !== 'state'),
    /** Every program that was started with its arguments. */
    calls: () =>
      stateOf('calls')
        .split('\u001e')
        .filter(Boolean)
        .map((call) => call.split('\u001f')),
    run: (script: string, args: string[] = []) =>
      spawnSync('/bin/bash', ['-s', '--', ...args], {
        cwd: home,
        input: script,
        encoding: 'utf8',
        env: { PATH: `${bin}:${tools}`, STATE: state, TMPDIR: home },
      }),
  };
}
