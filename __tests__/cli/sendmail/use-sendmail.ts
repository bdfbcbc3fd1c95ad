import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox, type Sandbox } from '../../../lib/sandbox/index.js';
import { runCli } from '../run-cli.js';

const CLIENT_SECRET = 'good~GEHEIM/x';
const CLIENT_ID = '5d0f3a52-0f6b-4f0e-9b9d-8f6f5b1f9c01';

/** What must stand in no output. */
export const SECRETS = /GEHEIM|eyJ/;

/** A sandbox, and the environment in which sendmail reaches it. */
export function useSendmail() {
  const folder = mkdtempSync(join(tmpdir(), 'sendmail-'));
  let sandbox: Sandbox;
  let env: Record<string, string>;
  beforeAll(async () => {
    sandbox = await startSandbox({ apps: [{ clientId: CLIENT_ID, clientSecret: CLIENT_SECRET }] });
    const caFile = join(folder, 'ca.pem');
    writeFileSync(caFile, sandbox.ca);
    const query = new URLSearchParams({ graphEndpoint: sandbox.graphEndpoint, authorityHost: sandbox.authorityHost, retries: '0' });
    env = {
      MAIL_URL: `msgraph://${CLIENT_ID}:${encodeURIComponent(CLIENT_SECRET)}@${sandbox.tenantId}/noreply@contoso.com?${query.toString()}`,
      NODE_EXTRA_CA_CERTS: caFile,
      HOME: folder,
    };
  });
  afterEach(() => sandbox.clear());
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await sandbox.close();
  });
  return {
    folder,
    get sandbox(): Sandbox {
      return sandbox;
    },
    get env(): Record<string, string> {
      return env;
    },
  };
}

/** The same, with a spool that is new for every test. */
export function useSpool() {
  const machine = useSendmail();
  const folder = join(machine.folder, 'spool');
  const user = process.geteuid?.() ?? 0;
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const environment = (more: Record<string, string> = {}) => ({ ...machine.env, GRAPH_SPOOL: folder, ...more });
  return {
    machine,
    folder,
    user,
    environment,
    async sendmail(args: string[], { input = 'Subject: x\n\nx\n', more = {} }: { input?: string; more?: Record<string, string> } = {}) {
      const result = await runCli(['sendmail', ...args], { env: environment(more), input });
      expect(result.stdout + result.stderr).not.toMatch(SECRETS);
      return result;
    },
    /** Every message in the spool, by its state. */
    spooled(owner = user): Record<string, number> {
      const own = join(folder, String(owner));
      const states = readdirSync(own).filter((state) => state !== 'notes');
      return Object.fromEntries(states.map((state) => [state, readdirSync(join(own, state)).length]).filter(([, count]) => count !== 0));
    },
  };
}
