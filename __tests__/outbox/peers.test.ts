import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle, root } from '../sandbox/bundle.js';

it('says what to install where the peers are missing; the main entry does not need them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'graph-outbox-peers-'));
  try {
    mkdirSync(join(folder, 'node_modules'));
    for (const name of readdirSync(join(root, 'node_modules'))) {
      if (name.startsWith('.') || name === 'bullmq' || name === 'ioredis') continue;
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
    }
    const script = `
      import { graphTransport } from './lib/index.ts';
      import { openOutbox, outboxTransport, startOutboxWorker } from './lib/outbox/index.ts';
      import nodemailer from 'nodemailer';
      const signIn = { tenantId: 'contoso.com', clientId: 'c', clientSecret: 's' };
      graphTransport(signIn).close();
      const connection = 'redis://127.0.0.1:1';
      const tell = (error: any) => console.log([error.code, error.ambiguous, error.message].join(' '));
      const mail = { from: 'noreply@contoso.com', to: 'reader@example.com', text: 'x' };
      Promise.all([
        nodemailer.createTransport(outboxTransport({ connection })).sendMail(mail).catch(tell),
        startOutboxWorker({ connection, graph: signIn }).catch(tell),
        openOutbox({ connection }).counts().catch(tell),
      ]);`;
    writeFileSync(join(folder, 'app.cjs'), bundle(script));
    const lines = execFileSync(process.execPath, ['app.cjs'], { cwd: folder, encoding: 'utf8' }).trim().split('\n');
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).toMatch(/^ECONFIG false .*"bullmq" and "ioredis".*is not installed: npm install bullmq ioredis/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
