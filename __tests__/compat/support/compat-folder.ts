import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import forge from 'node-forge';
import { startSandbox, type Sandbox } from '../../../lib/sandbox/index.js';
import { cleanEnv, root } from '../../examples/support/package-folder.js';
import { makeCertificate } from '../../sign-in/make-certificate.js';

export const compat = join(root, 'compat');
export { cleanEnv, root };

/** What a program printed; `stderr`, too, where it failed. */
export interface Run {
  stdout: string;
  stderr: string;
  code: number;
}

/** Runs a program and waits for its end, whatever that is. */
export async function run(program: string, args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): Promise<Run> {
  try {
    const result = await promisify(execFile)(program, args, {
      cwd: compat,
      env: cleanEnv,
      timeout: 300_000,
      maxBuffer: 64 * 1024 ** 2,
      ...options,
    });
    return { ...result, code: 0 };
  } catch (error) {
    const { stdout = '', stderr = '', code, message } = error as Error & Partial<Run>;
    return { stdout, stderr: stderr || message, code: typeof code === 'number' ? code : -1 };
  }
}

/** Installs what compat/ needs, with this package as it is published, and gives each test file a folder and a sandbox. */
export function useCompat() {
  const secret = 'a~secret';
  const own = makeCertificate('app');
  let sandbox: Sandbox;
  let folder = '';
  let work = '';

  beforeAll(async () => {
    const { code, stderr } = await run(process.execPath, [join(root, 'scripts/install-compat.mjs')], { cwd: root });
    if (code !== 0) throw new Error(stderr);
    // outside: what a bundle lacks, it must not find in node_modules
    folder = mkdtempSync(join(tmpdir(), 'compat-'));
    mkdirSync(join(compat, 'work'), { recursive: true });
    // inside: finds the packages of compat/
    work = mkdtempSync(join(compat, 'work', 'test-'));
    const clientId = '00000000-0000-4000-8000-000000000001';
    sandbox = await startSandbox({ apps: [{ clientId, clientSecret: secret, certificates: [own.certificate] }] });
    const { graphEndpoint, authorityHost, mailbox, tls } = sandbox.options;
    const options = { tenantId: sandbox.tenantId, clientId, clientSecret: secret, graphEndpoint, authorityHost, mailbox, tls };
    writeFileSync(join(folder, 'app.pfx'), makePfx(), 'binary');
    const pfx = { certificatePath: join(folder, 'app.pfx'), certificatePassword: 'open' };
    writeFileSync(join(folder, 'target.json'), JSON.stringify({ options, pfx }));
  }, 600_000);
  beforeEach(() => sandbox.clear());
  afterAll(async () => {
    await sandbox.close();
    for (const path of [folder, work]) rmSync(path, { recursive: true, force: true, maxRetries: 10 });
  });

  function makePfx(): string {
    const key = forge.pki.privateKeyFromPem(own.privateKey);
    const certificates = [forge.pki.certificateFromPem(own.certificate)];
    return forge.asn1.toDer(forge.pkcs12.toPkcs12Asn1(key, certificates, 'open', { algorithm: 'aes256' })).getBytes();
  }

  return {
    get sandbox() {
      return sandbox;
    },
    /** Outside of everything. */
    get folder() {
      return folder;
    },
    /** Within compat/. */
    get work() {
      return work;
    },
    /** The environment of a program that reads where to send. */
    get env(): NodeJS.ProcessEnv {
      return { ...cleanEnv, TARGET: join(folder, 'target.json') };
    },
  };
}
