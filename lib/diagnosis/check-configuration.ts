import type { Settings } from '../options.js';
import type { Finding } from './finding.js';

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The options as they were given, and what became of them. */
export interface ConfigurationToCheck {
  options: Readonly<Record<string, unknown>>;
  /** `undefined` if they could not be read. */
  settings: Settings | undefined;
  /** Why they could not be read. */
  problem: string | undefined;
}

/** Finds every mistake that can be seen without asking anybody. */
export function checkConfiguration({ options, settings, problem }: ConfigurationToCheck): Finding[] {
  const fail = (message: string, remedy: string): Finding => ({ check: 'configuration', status: 'fail', message, remedy });
  const text = (name: string) => (typeof options[name] === 'string' ? options[name].trim() : '');
  const findings: Finding[] = [];

  const tenantId = text('tenantId');
  const tenantOfUrl = /^https?:\/\/[^/]+\/([^/?#]+)/i.exec(tenantId)?.[1];
  const wrongTenant = /[:/]/.test(tenantId);
  if (wrongTenant) {
    findings.push(fail('tenantId is a URL', `Give the Directory (tenant) ID alone${tenantOfUrl ? `: ${tenantOfUrl}` : ''}.`));
  } else if (/^(common|organizations|consumers)$/i.test(tenantId)) {
    findings.push(fail(`tenantId is '${tenantId}', which is no tenant`, 'An app signs in to one tenant: give its Directory (tenant) ID.'));
  }
  const clientId = text('clientId');
  if (clientId !== '' && !GUID.test(clientId)) {
    findings.push(
      fail(`clientId is not a GUID: '${clientId.slice(0, 60)}'`, 'Give the Application (client) ID of the app registration, not its name.'),
    );
  }
  const secretId = GUID.test(text('clientSecret'));
  if (secretId) {
    findings.push(
      fail(
        'clientSecret looks like a Secret ID',
        "Give the secret's Value; the portal shows it only once, so make a new secret if it is lost.",
      ),
    );
  }
  // the same mistake is not told twice
  const told = (wrongTenant && problem?.includes('"tenantId"')) || (secretId && problem?.startsWith('"clientSecret" looks'));
  if (problem !== undefined && !told) {
    findings.push(fail(problem, 'Set the options named here, by flags, in MAIL_URL or in the environment.'));
  }
  if (!settings) return findings;
  if (settings.mailbox === undefined) {
    const message = "no mailbox is set: each message's From address decides, and the mailbox is not checked";
    findings.push({
      check: 'configuration',
      status: 'warn',
      message,
      remedy: 'Name it: --mailbox or GRAPH_SENDER, such as noreply@contoso.com.',
    });
  }
  if (findings.every(({ status }) => status !== 'fail'))
    findings.unshift({ check: 'configuration', status: 'pass', message: describe(settings) });
  return findings;
}

function describe({ signIn, mailbox }: Settings): string {
  const whose = mailbox === undefined ? '' : `, mailbox ${mailbox}`;
  if (signIn.kind === 'credential') return `a credential of its own${whose}`;
  if (signIn.kind === 'person') return `the sign-in of ${signIn.account ?? 'a person'}${whose}`;
  if (signIn.kind === 'refreshToken') return `a refresh token of app ${signIn.clientId}${whose}`;
  return `tenant ${signIn.tenantId}, app ${signIn.clientId} with a ${signIn.kind === 'secret' ? 'client secret' : 'certificate'}${whose}`;
}
