import { join } from 'node:path';
import nodemailer from 'nodemailer';
import ts from 'typescript';
import { graphTransport } from '../../lib/index.js';
import { startSandbox, type Sandbox } from '../../lib/sandbox/index.js';
import { makeCertificate } from '../sign-in/make-certificate.js';
import { readPage, root } from './pages.js';

const page = readPage('docs/migration.md');

/** The rows of a section's table: the names in the first cell, and the second cell. */
function rowsOf(heading: string): { names: string[]; text: string }[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  return [...section.matchAll(/^\| (.*?) +\| (.*?) +\|$/gm)]
    .map(([, first = '', text = '']) => ({ names: [...first.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name), text }))
    .filter(({ names }) => names.length > 0);
}

const signIn = { tenantId: 'contoso.com', clientId: 'app', clientSecret: 'secret' };
const samples: Record<string, unknown> = {
  tls: { ca: makeCertificate('authority').certificate },
  proxy: 'http://proxy.contoso.com:8080',
  logger: false,
  component: 'mail',
};

describe('options', () => {
  const rows = rowsOf('Options').flatMap(({ names, text }) => names.map((name) => ({ name, text })));

  test("every option of Nodemailer's SMTP transport and pool is on the page", () => {
    expect(rows.map(({ name }) => name).sort()).toEqual(smtpOptions().sort());
  });

  test.each(rows)('$name: $text', ({ name, text }) => {
    const create = () => graphTransport({ ...signIn, [name]: samples[name] ?? 60_000 }).close();
    if (text.startsWith('keep')) expect(create).not.toThrow();
    else expect(create).toThrow(`unknown option "${name}"`);
    expect(text).toMatch(/^(keep|leave out)\b/);
  });

  test('defaults are what the page says', () => {
    const source = readPage('lib/config/read-options.ts');
    for (const [name, value] of Object.entries({ connectionTimeout: '30_000', socketTimeout: '120_000', requestTimeout: '300_000' })) {
      expect(source).toContain(`integer(options, '${name}', ${value}`);
    }
  });
});

describe('against the sandbox', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  beforeEach(() => sandbox.clear());
  afterAll(() => sandbox.close());

  test('info has the fields the page names, and not those it says are missing', async () => {
    const transporter = nodemailer.createTransport(graphTransport({ ...sandbox.options }));
    const info: Record<string, unknown> = await transporter.sendMail({ to: 'reader@example.com', subject: 'Hello', text: 'Hello' });
    transporter.close();
    const rows = rowsOf('What `sendMail()` resolves with');
    const named = rows.flatMap(({ names, text }) => (/^(same|new)/.test(text) ? names : []));
    const missing = rows.flatMap(({ names, text }) => (text.startsWith('none') ? names : []));
    expect(Object.keys(info).sort()).toEqual(named.sort());
    expect(missing).toContain('serverMessageId');
    for (const name of missing) expect(info).not.toHaveProperty(name);
  });

  test('what moves into the second argument works there', async () => {
    const normalizeHeaderKey = (key: string) => key.replace(/^X-Original$/i, 'X-Changed');
    const defaults = { from: 'noreply@contoso.com', disableFileAccess: true, attachDataUrls: true, normalizeHeaderKey };
    const transporter = nodemailer.createTransport(graphTransport({ ...sandbox.options }), defaults);
    const attachments = [{ path: join(root, 'package.json') }];
    await expect(transporter.sendMail({ to: 'reader@example.com', attachments })).rejects.toMatchObject({ code: 'EMESSAGE' });
    const html = '<img src="data:image/png;base64,aGVsbG8=">';
    await transporter.sendMail({ to: 'reader@example.com', html, headers: { 'X-Original': 'value' } });
    transporter.close();
    expect(sandbox.messages).toMatchObject([{ attachments: [{ isInline: true, content: Buffer.from('hello') }] }]);
    expect(sandbox.messages[0]?.headers).toContainEqual({ name: 'X-Changed', value: 'value' });
  });

  test.each([
    ['success', { isDeliveryReceiptRequested: true }, []],
    ['never', { isDeliveryReceiptRequested: false }, ['dsn']],
  ])('dsn: notify %s', async (notify, arrived, lost) => {
    const transporter = nodemailer.createTransport(graphTransport({ ...sandbox.options }));
    const { losses } = await transporter.sendMail({ to: 'reader@example.com', text: 'Hello', dsn: { notify } });
    transporter.close();
    expect(losses.map(({ feature }) => feature)).toEqual(lost);
    expect(sandbox.messages).toMatchObject([arrived]);
  });
});

/** The properties of Nodemailer's own type. */
function smtpOptions(): string[] {
  const file = join(root, 'examples', 'smtp-options.mts');
  const code = `import type { SMTPPoolOptions } from 'nodemailer';\nexport type Options = SMTPPoolOptions;\n`;
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (name) => name === file || fileExists.call(host, name);
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, code, ts.ScriptTarget.ES2022) : getSourceFile.call(host, name, ...rest);
  host.getCurrentDirectory = () => root;
  const program = ts.createProgram([file], options, host);
  const found = program.getSourceFile(file)?.statements.find(ts.isTypeAliasDeclaration);
  if (!found) throw new Error('the type was not read');
  return program
    .getTypeChecker()
    .getTypeAtLocation(found)
    .getProperties()
    .map(({ name }) => name);
}
