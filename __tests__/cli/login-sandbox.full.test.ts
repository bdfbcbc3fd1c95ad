import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerSignInPage } from '../sign-in/person/browse.js';
import { cliFile, runCli } from './run-cli.js';
import { runLogin } from './run-login.js';

const ME = 'me@outlook.example.com';
const ANY_PORT = ['--port', '0', '--authority-port', '0', '--upload-port', '0'];
const folder = mkdtempSync(join(tmpdir(), 'login-sandbox-'));
const env = { GRAPH_TOKEN_CACHE: join(folder, 'cache.json'), HOME: folder };
afterAll(() => rmSync(folder, { recursive: true }));

test('the sandbox’s command prints a login that works, and a URL that sends then', async () => {
  const command = spawn(
    process.execPath,
    [cliFile, 'sandbox', '--person', ME, '--no-inbox', '--ca-file', join(folder, 'command.pem'), ...ANY_PORT],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let printed = '';
  const sees = (text: string) =>
    new Promise<void>((resolve) => {
      const look = () => printed.includes(text) && resolve();
      command.stdout.on('data', look);
      look();
    });
  command.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  try {
    await sees('// or as options');
    const [, flags = ''] = /^npx nodemailer-graph-transport login (.*)$/m.exec(printed) ?? [];
    const ca = readFileSync(join(folder, 'command.pem'), 'utf8');
    const signedIn = await runLogin([...flags.split(' '), '--no-browser'], env, (line) => {
      if (line.startsWith('https://')) void answerSignInPage(line, ca, { user: ME });
    });
    expect(signedIn).toMatchObject({ status: 0, stdout: expect.stringContaining(`Signed in as ${ME} with Mail.Send.`) });
    const [, url = ''] = /^MAIL_URL='(msgraph:\/\/login\/.*)'$/m.exec(printed) ?? [];
    const sent = await runCli(['sendmail', 'reader@example.com'], {
      env: { ...env, MAIL_URL: url, NODE_EXTRA_CA_CERTS: join(folder, 'command.pem') },
      input: 'Subject: Hello\n\nIt works.\n',
    });
    expect(sent).toMatchObject({ status: 0, stderr: '' });
    await sees(`${ME} -> reader@example.com: "Hello"`);
  } finally {
    command.kill();
  }
});
