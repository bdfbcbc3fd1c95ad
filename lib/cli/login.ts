import { Command } from 'commander';
import { overEnvironment, surroundingsFromEnvironment } from '../config/environment.js';
import { readOptions } from '../config/read-options.js';
import { configError } from '../errors/config-error.js';
import { createHttpClient } from '../graph/http.js';
import type { Settings } from '../options.js';
import { createDefaultStore } from '../sign-in/person/default-store.js';
import { loginByDeviceCode, loginInBrowser, logout, type LoginRequest } from '../sign-in/person/interactive-login.js';
import { describeAccount, parseSignIns, sunsetOf } from '../sign-in/person/stored-sign-ins.js';
import { openStore } from '../sign-in/person/token-store.js';
import { printable } from './printable.js';
import { openBrowser } from './open-browser.js';
import { addHostFlags, readCommonFlags, type ConnectionFlags } from './connection.js';

interface LoginFlags extends ConnectionFlags {
  tenant?: string;
  browser: boolean;
  deviceCode?: boolean;
  largeAttachments?: boolean;
  read?: boolean;
  shared?: boolean;
  status?: boolean;
}

const EXAMPLE = `
Examples:
  $ nodemailer-graph-transport login --tenant consumers \\
      --client-id 11111111-2222-3333-4444-555555555555
  $ nodemailer-graph-transport login --status

Register the app first: docs/personal-accounts.md shows the clicks,
"setup --delegated personal" prints a script.
Kept in GRAPH_TOKEN_CACHE or your state folder, for you alone; encrypted with
GRAPH_TOKEN_CACHE_KEY (32 bytes, base64).
Then: graphTransport({ login: 'me@outlook.com' }), or
MAIL_URL=msgraph://login/me@outlook.com.`;

/** The command `login`: signs a person in, once. */
export function createLoginCommand(): Command {
  const command = new Command('login')
    .description('Signs you in, so that mail can be sent as you for months.')
    .option('--client-id <id>', 'Application (client) ID of your own registration; else GRAPH_CLIENT_ID')
    .option(
      '--tenant <tenant>',
      "consumers for outlook.com and the like, a tenant id or domain, or common; else GRAPH_TENANT_ID (default: 'common')",
    )
    .option('--device-code', 'type a code on another device; many organisations block it')
    .option('--no-browser', 'print the address instead of opening it')
    .option('--large-attachments', 'allow messages above 3 MB, too (Mail.ReadWrite)')
    .option('--read', 'allow reading the mailbox, too: bounces (Mail.Read)')
    .option('--shared', 'allow sending from shared mailboxes, too (Mail.Send.Shared)')
    .option('--status', 'say who is signed in')
    .addHelpText('after', EXAMPLE)
    .action((flags: LoginFlags) => (flags.status ? showStatus(flags) : login(flags)));
  return addHostFlags(command).option('--env-file <path>', 'file with lines NAME=value, such as graph-mail.env');
}

/** The command `logout`: forgets a person's sign-in. */
export function createLogoutCommand(): Command {
  return new Command('logout')
    .description('Forgets a sign-in on this machine.')
    .argument('<account>', 'such as me@outlook.com')
    .option('--env-file <path>', 'file with lines NAME=value')
    .action(async (account: string, flags: ConnectionFlags) => {
      const { env } = await readCommonFlags(flags);
      const done = await logout(createDefaultStore(env), account);
      if (!done) process.exitCode = 1;
      console.log(done ? `${account} is signed out here.` : `${account} was not signed in here.`);
    });
}

async function login(flags: LoginFlags): Promise<void> {
  const { env, options } = await readCommonFlags(flags);
  const clientId = flags.clientId ?? env['GRAPH_CLIENT_ID'];
  if (!clientId) {
    throw configError(
      '--client-id (or GRAPH_CLIENT_ID) is missing: the Application (client) ID of an app registration of your own; docs/personal-accounts.md shows how to make one',
    );
  }
  if (!/^[\w.-]+$/.test(clientId.trim())) throw configError('--client-id must be the Application (client) ID alone');
  const settings = readOptions({ login: true, ...overEnvironment(surroundingsFromEnvironment(undefined, env), options) }, env);
  const tenant = flags.tenant ?? (env['GRAPH_TENANT_ID'] || 'common');
  if (!/^[\w.-]+$/.test(tenant)) throw configError('--tenant must be a tenant id, a domain, consumers, organizations or common');
  const store = createDefaultStore(env);
  const request: LoginRequest = {
    clientId: clientId.trim(),
    tenant,
    scopes: ['Mail.Send', ...mailboxScopes(flags), ...(flags.shared ? ['Mail.Send.Shared'] : [])],
    ...settings.hosts,
    store,
  };
  const account = await signIn(request, settings, flags);
  const username = printable(account.username);
  console.log(`Signed in as ${username} with ${account.scopes.join(', ')}.`);
  console.log(`Kept in ${store.where}${env['GRAPH_TOKEN_CACHE_KEY'] ? ', encrypted' : ', readable for you alone'}.`);
  console.log(`\nUse it: graphTransport({ login: '${username}' }), or MAIL_URL=msgraph://login/${username}`);
  const sunset = sunsetOf(account, new Date());
  if (sunset) console.log(`\nNote: ${sunset}.`);
}

/** Who may write may read. */
function mailboxScopes({ largeAttachments, read }: LoginFlags): string[] {
  if (largeAttachments) return ['Mail.ReadWrite'];
  return read ? ['Mail.Read'] : [];
}

async function signIn(request: LoginRequest, settings: Settings, { deviceCode, browser }: LoginFlags) {
  const http = createHttpClient({ ...settings, connections: 2 });
  const service = { http, trace: {}, wellKnownAuthority: settings.wellKnownAuthority };
  try {
    if (deviceCode) {
      return await loginByDeviceCode(request, service, ({ address, code }) =>
        console.log(`Open ${printable(address)} and enter the code ${printable(code)}`),
      );
    }
    return await loginInBrowser(request, service, (url, local) => showAddress(url, local, browser));
  } finally {
    await http.close(true);
  }
}

function showAddress(url: string, local: string, opens: boolean): void {
  if (!opens) return console.log(`Open this address in a browser on this machine:\n${url}`);
  console.log(`Opening the browser to sign in at ${new URL(url).host}. If nothing opens, run login --no-browser.`);
  openBrowser(local, (text) => console.log(text));
}

async function showStatus(flags: LoginFlags): Promise<void> {
  const { env } = await readCommonFlags(flags);
  const store = openStore(createDefaultStore(env));
  const { accounts } = parseSignIns(await store.load(), store.where);
  if (accounts.length === 0) {
    console.log(`Nobody is signed in (${store.where}).`);
    process.exitCode = 1;
  }
  for (const account of accounts) {
    console.log(printable(describeAccount(account)));
    const sunset = sunsetOf(account, new Date());
    if (sunset) console.log(`  ! ${sunset}`);
  }
}
