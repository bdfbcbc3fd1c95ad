import { execFile, execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import * as esbuild from 'esbuild';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';
import { graphTransport } from '../../lib/index.js';
import { createBouncesCommand } from '../../lib/cli/bounces.js';
import { createDoctorCommand } from '../../lib/cli/doctor.js';
import { createProveCommand } from '../../lib/cli/prove.js';
import { createOutboxCommand } from '../../lib/cli/outbox.js';
import { createLoginCommand, createLogoutCommand } from '../../lib/cli/login.js';
import { createSandboxCommand } from '../../lib/cli/sandbox/sandbox.js';
import { createSendmailCommand } from '../../lib/cli/sendmail/command.js';
import { createInstallSendmailCommand } from '../../lib/cli/sendmail/install.js';
import { createSetupCommand } from '../../lib/cli/setup/command.js';
import { createTraceCommand } from '../../lib/cli/trace.js';
import { buildPackage, cleanEnv, useScratchFolder } from '../examples/support/package-folder.js';
import { pages, readExamples, readPage, root, type Example } from './pages.js';

const examples = pages.flatMap(readExamples);
const inLanguages = (...languages: string[]) => examples.filter(({ language }) => languages.includes(language));
const side = (code: string, left: string, right: string) =>
  code
    .split('\n')
    .filter((line) => !line.startsWith(left))
    .map((line) => (line.startsWith(right) || line.startsWith(' ') ? line.slice(1) : line))
    .join('\n');
/** A diff of code is two pieces of code: before and after. */
const diffs = inLanguages('diff').flatMap((example) => [
  { ...example, title: `${example.title}, before`, code: side(example.code, '+', '-') },
  { ...example, title: `${example.title}, after`, code: side(example.code, '-', '+') },
]);
const scripts = [...inLanguages('ts', 'typescript', 'js', 'javascript', 'mjs'), ...diffs];
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { name: string; scripts: Record<string, string> };

/** What a block may take from the blocks before it. */
const context: Record<string, string> = {
  transporter: `declare const transporter: import('nodemailer').Transporter<import('nodemailer-graph-transport').GraphSentMessageInfo>;`,
  transport: `declare const transport: import('nodemailer-graph-transport').GraphTransport;`,
  sandbox: `declare const sandbox: import('nodemailer-graph-transport/sandbox').Sandbox;`,
  mail: `declare const mail: import('nodemailer').SendMailOptions;`,
  messages: `declare const messages: import('nodemailer').SendMailOptions[];`,
  options: `declare const options: import('nodemailer-graph-transport').GraphTransportOptions;`,
};

test('every example is in a language that is checked below', () => {
  expect(examples.filter(({ page }) => page === 'README.md').length).toBeGreaterThanOrEqual(6);
  for (const { title, language } of examples)
    expect([title, language]).toEqual([title, expect.stringMatching(/^(ts|js|mjs|diff|json|yaml|ini|dockerfile|sh|powershell|text)$/)]);
});

describe('TypeScript and JavaScript compile', () => {
  const code = `import { graphTransport } from 'nodemailer-graph-transport';\ngraphTransport({ tenantId: 1 });`;
  const mistaken = { page: 'README.md', line: 1, title: 'mistake', language: 'ts', code };
  let problems: Map<Example, string[]>;
  beforeAll(() => {
    problems = compile([...scripts, mistaken]);
  }, 120_000);

  test.each(scripts.map((example) => [example.title, example] as const))('%s', (_, example) => {
    expect(problems.get(example)).toEqual([]);
  });

  test('an example with a mistake is noticed', () => {
    expect(problems.get(mistaken)).toEqual([expect.stringContaining('README.md:2')]);
  });
});

/** Those that bring a sandbox of their own can be run as they are. */
const runnable = scripts.filter((example) => /\bstartSandbox\(/.test(example.code) && !/\b(beforeAll|test)\(/.test(example.code));

describe('what can run without a tenant runs', () => {
  const scratch = useScratchFolder();
  beforeAll(buildPackage, 300_000);

  test('there is something to run', () => {
    expect(runnable.map(({ page }) => page)).toEqual(expect.arrayContaining(['README.md', 'docs/large-attachments.md']));
  });

  test.each(runnable.map((example) => [example.title, example] as const))(
    '%s prints what the page says',
    async (title, { code, output }) => {
      const file = join(scratch, `${title.replace(/\W+/g, '-')}.mjs`);
      writeFileSync(file, esbuild.transformSync(code, { loader: 'ts', format: 'esm', target: 'es2022' }).code);
      const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: root, env: cleanEnv });
      if (output !== undefined) expect(stdout).toBe(output);
      const comments = [...code.matchAll(/^.*\bconsole\.log\(.*\); \/\/ (.+)$/gm)].map(([, printed]) => printed);
      expect(stdout.split('\n')).toEqual(expect.arrayContaining(comments));
      expect(output ?? comments[0]).toBeDefined();
    },
    60_000,
  );
});

test('every JSON example parses', () => {
  for (const { code } of inLanguages('json')) expect(() => JSON.parse(code) as unknown).not.toThrow();
});

test('YAML parses, and describes things of Kubernetes that fit together', () => {
  const blocks = inLanguages('yaml');
  expect(blocks.length).toBeGreaterThan(0);
  for (const { title, code } of blocks) {
    for (const document of parseAllDocuments(code, { strict: true, uniqueKeys: true })) {
      expect([title, ...document.errors, ...document.warnings]).toEqual([title]);
      const { kind, spec } = document.toJS() as { kind: string; spec: { selector: { matchLabels: object }; template: PodTemplate } };
      expect(kind).toBe('Deployment');
      expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
      const volumes = spec.template.spec.volumes.map(({ name }) => name);
      for (const { volumeMounts } of spec.template.spec.containers) for (const { name } of volumeMounts) expect(volumes).toContain(name);
    }
  }
});

interface PodTemplate {
  metadata: { labels: object };
  spec: { volumes: { name: string }[]; containers: { volumeMounts: { name: string }[] }[] };
}

test('a unit of systemd has its sections and directives', () => {
  const known: Record<string, string[]> = {
    Unit: ['Description', 'Wants', 'After'],
    Timer: ['OnBootSec', 'OnUnitInactiveSec'],
    Service: [
      'Type',
      'SuccessExitStatus',
      'ExecStart',
      'DynamicUser',
      'Environment',
      'EnvironmentFile',
      'LoadCredential',
      'TimeoutStopSec',
      'Restart',
    ],
    Install: ['WantedBy'],
  };
  expect(inLanguages('ini').length).toBeGreaterThan(0);
  for (const { code } of inLanguages('ini')) {
    let section = '';
    for (const line of code.split('\n').filter((text) => text !== '' && !text.startsWith('#'))) {
      const heading = /^\[(\w+)\]$/.exec(line)?.[1];
      if (heading !== undefined) section = heading;
      else expect([line, known[section]]).toEqual([line, expect.arrayContaining([/^(\w+)=./.exec(line)?.[1]])]);
    }
  }
});

test('a Dockerfile has instructions Docker knows, and starts from a Node.js that is supported', () => {
  expect(inLanguages('dockerfile').length).toBeGreaterThan(0);
  for (const { code } of inLanguages('dockerfile')) {
    const lines = code.trimEnd().split('\n');
    expect(Number(/^FROM node:(\d+)/.exec(lines[0] ?? '')?.[1])).toBeGreaterThanOrEqual(20);
    for (const line of lines) expect(line).toMatch(/^(FROM|WORKDIR|COPY|RUN|ENV|USER|CMD|EXPOSE) \S/);
    for (const [, command = ''] of code.matchAll(/^RUN (.+)$/gm)) commandsOf(command).forEach(checkCommand);
  }
});

test('every GRAPH_ variable of a page is one that the code reads', () => {
  const sources = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('page-files'))
    .map((name) => readFileSync(join(root, 'lib', name), 'utf8'))
    .join('\n');
  for (const page of pages) {
    for (const [name] of readPage(page).matchAll(/\bGRAPH_[A-Z][A-Z_]*[A-Z]\b/g)) {
      expect([page, name, sources.includes(name) || sources.includes(`'${name.slice('GRAPH_'.length)}'`)]).toEqual([page, name, true]);
    }
  }
});

test('the commands for a certificate make one that the transport reads, for its owner alone', () => {
  const commands = inLanguages('sh').find(({ code }) => code.includes('openssl req'))?.code ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  try {
    const stdout = execFileSync('bash', ['-e'], { cwd: folder, input: commands, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] });
    expect(stdout).toMatch(/^notAfter=/);
    const pem = join(folder, 'graph-mail.pem');
    expect(statSync(pem).mode & 0o077).toBe(0);
    expect(new X509Certificate(readFileSync(pem)).publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(createPrivateKey(readFileSync(pem)).asymmetricKeyType).toBe('rsa');
    graphTransport({ tenantId: 'contoso.com', clientId: 'app', clientCertificate: pem, mailbox: 'noreply@contoso.com' }).close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the pictures are what the script draws, and every one is on a page', () => {
  execFileSync(process.execPath, [join(root, 'scripts/pictures.mjs'), '--check'], { stdio: 'pipe' });
  for (const name of readdirSync(join(root, 'docs/images'))) {
    expect([name, pages.some((page) => readPage(page).includes(`images/${name}`))]).toEqual([name, true]);
  }
});

describe('shell commands exist', () => {
  test.each(inLanguages('sh').map((example) => [example.title, example.code] as const))('%s', (_, code) => {
    for (const command of commandsOf(code)) checkCommand(command);
  });

  test('a mistake is noticed', () => {
    for (const wrong of [
      'npm run demmo',
      'npx nodemailer-graph-transport docter',
      'npx nodemailer-graph-transport doctor --mailbx a@contoso.com',
      'node examples/demo.js',
      'npx jest --config examples/jest.config.mjs',
      'yarn test',
    ]) {
      expect(() => commandsOf(wrong).forEach(checkCommand)).toThrow();
    }
  });
});

/** Cmdlets that `setup` does not use, with their parameters as Microsoft documents them. */
const otherCmdlets = `
Set-Mailbox -Identity -MaxSendSize https://learn.microsoft.com/powershell/module/exchange/set-mailbox
Set-CASMailbox -Identity -SmtpClientAuthenticationDisabled https://learn.microsoft.com/powershell/module/exchange/set-casmailbox
Set-Mailbox -DisplayName https://learn.microsoft.com/powershell/module/exchange/set-mailbox
New-Mailbox -Shared -Name -PrimarySmtpAddress https://learn.microsoft.com/powershell/module/exchange/new-mailbox
Add-RecipientPermission -Identity -Trustee -AccessRights https://learn.microsoft.com/powershell/module/exchange/add-recipientpermission
Set-OrganizationConfig -SendFromAliasEnabled https://learn.microsoft.com/powershell/module/exchange/set-organizationconfig
`;

describe('PowerShell uses the cmdlets of the setup scripts', () => {
  const known = readdirSync(join(root, 'lib/cli/setup'))
    .map((name) => readFileSync(join(root, 'lib/cli/setup', name), 'utf8'))
    .concat(otherCmdlets)
    .flatMap((text) => text.split('\n'));

  test.each(inLanguages('powershell').map((example) => [example.title, example.code] as const))('%s', (_, code) => {
    const lines = code.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      const cmdlet = /^[A-Z][a-z]+-\w+/.exec(line)?.[0] ?? line;
      const parameters = line.replace(/"[^"]*"|'[^']*'/g, '').match(/(?<= )-[A-Z]\w+/g) ?? [];
      const used = known.filter((text) => new RegExp(`\\b${cmdlet}\\b`).test(text)).join(' ');
      for (const word of [cmdlet, ...parameters]) expect([line, used.split(/[\s'"`(]+/)]).toEqual([line, expect.arrayContaining([word])]);
    }
  });
});

test('every lib/ path in a drawing exists', () => {
  const named = inLanguages('text').flatMap(({ code }) => code.match(/\blib\/[\w./-]+/g) ?? []);
  expect(named.length).toBeGreaterThan(0);
  for (const path of named) expect([path, existsSync(join(root, path))]).toEqual([path, true]);
});

test('every npm script that a page names exists', () => {
  const named = pages.flatMap((page) => [...readPage(page).matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, name]) => name ?? ''));
  expect(named.length).toBeGreaterThan(0);
  for (const name of named) expect(Object.keys(manifest.scripts)).toContain(name);
});

test('every command and every flag in running text exists', () => {
  const known = new Set(Object.values(commands()).flatMap((command) => command.options.map(({ long }) => long)));
  known.add('--help');
  // Node's own
  known.add('--disable-warning');
  const quoted = pages.flatMap((page) => [...readPage(page).matchAll(/(?<!`)`([^`\n]+)`(?!`)/g)].map(([, code = '']) => ({ page, code })));
  const isCommand = (code: string) => /^(npx|npm|node) /.test(code);
  // their flags are not ours
  const isOther = (code: string) => /^(dpkg-divert|alternatives) /.test(code);
  const flags = quoted.flatMap(({ page, code }) =>
    (isCommand(code) || isOther(code) ? [] : (code.match(/(?<![\w-])--[a-z][a-z-]*/g) ?? [])).map((flag) => ({ page, flag })),
  );
  expect(flags.length).toBeGreaterThan(10);
  for (const { page, flag } of flags) expect([page, [...known]]).toEqual([page, expect.arrayContaining([flag])]);
  for (const { code } of quoted.filter((text) => isCommand(text.code))) commandsOf(code).forEach(checkCommand);
});

test('every file that a page links to exists, and every heading', () => {
  for (const page of pages) {
    for (const [, link = ''] of readPage(page).matchAll(/\]\((?!https?:|mailto:)([^)]+)\)/g)) {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : join(page, '..', path).replaceAll('\\', '/');
      expect([page, link, existsSync(join(root, target))]).toEqual([page, link, true]);
      if (anchor !== undefined) expect([page, link, anchorsOf(target)]).toEqual([page, link, expect.arrayContaining([anchor])]);
    }
  }
});

/** As GitHub makes them. */
function anchorsOf(page: string): string[] {
  return [...readPage(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
}

function commands(): Record<string, Command> {
  const all = [
    createSetupCommand(),
    createDoctorCommand(),
    createProveCommand(),
    createLoginCommand(),
    createLogoutCommand(),
    createSendmailCommand(),
    createInstallSendmailCommand(),
    createTraceCommand(),
    createBouncesCommand(),
    createOutboxCommand(),
    createSandboxCommand(),
  ];
  // those of a command of commands go by both names
  const below = all.flatMap((command) => command.commands.map((sub) => [`${command.name()} ${sub.name()}`, sub] as const));
  return Object.fromEntries([...all.map((command) => [command.name(), command] as const), ...below]);
}

/** The single commands of a shell block, without comments, redirections, assignments and the shell's own words. */
function commandsOf(code: string): string[][] {
  return code
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, ''))
    .flatMap((line) => line.replace(/'[^']*'|"[^"]*"/g, 'QUOTED').split(/&&|\|\||[;|]/))
    .map((command) =>
      command
        .replace(/\s>\s*\S+/g, '')
        .trim()
        .split(/\s+/),
    )
    .map((words) => words.slice(words.findIndex((word) => !/^(\w+=\S*|exec|export)$/.test(word))))
    .filter(([first = '']) => first !== '' && !/^\w+=/.test(first));
}

function checkCommand([program = '', ...args]: string[]): void {
  const script = args[1] === '--silent' ? args[2] : args[1];
  switch (program) {
    case 'npx':
      return checkCommand(args);
    case 'npm':
      if (args[0] === 'run') expect(Object.keys(manifest.scripts)).toContain(script);
      else expect(['ci', 'test', 'install']).toContain(args[0]);
      return;
    case manifest.name:
      return checkOwnCommand(args);
    case 'node':
      return checkFile(args.find((arg) => !arg.startsWith('-')));
    case 'jest':
    case 'vitest':
      return checkFile(args[args.findIndex((arg) => arg === '--config' || arg === '--root') + 1]);
    default:
      // what every system has
      expect([
        '/usr/local/sbin/graph-sendmail',
        'alternatives',
        'dpkg-divert',
        'ln',
        'rm',
        'bash',
        'less',
        'printf',
        'set',
        '.',
        'cat',
        'chmod',
        'openssl',
        'curl',
      ]).toContain(program);
  }
}

function checkOwnCommand([name = '', ...args]: string[]): void {
  if (name === '<command>') return;
  const command = commands()[`${name} ${args[0]}`] ?? commands()[name];
  expect([name, command !== undefined]).toEqual([name, true]);
  const known = ['--help', ...(command?.options.map(({ long }) => long) ?? [])];
  for (const flag of args.filter((arg) => arg.startsWith('--'))) expect(known).toContain(flag);
}

function checkFile(path = ''): void {
  expect([path, path !== '' && existsSync(join(root, path))]).toEqual([path, true]);
}

/** Declares what an earlier block of the page made. */
function complete(code: string): string {
  const missing = Object.keys(context).filter(
    (name) =>
      new RegExp(`\\b${name}\\b`).test(code) &&
      !new RegExp(`\\b(const|let|var|using)\\s+(\\{[^}]*)?${name}\\b|\\(\\s*${name}\\b[^()]*\\)\\s*=>|import[^;]*\\b${name}\\b`).test(code),
  );
  return `${code}\nexport {};\n${missing.map((name) => context[name]).join('\n')}`;
}

function projectPaths(): ts.MapLike<string[]> {
  const { config, error } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile.bind(ts.sys));
  if (error) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, '\n'));
  return (config as { compilerOptions: { paths: ts.MapLike<string[]> } }).compilerOptions.paths;
}

/** Compiles the examples in one program, against the sources; the problems of each. */
function compile(list: readonly Example[]): Map<Example, string[]> {
  const sources = new Map(list.map((example, index) => [join(root, 'examples', `documented-${index}.mts`), complete(example.code)]));
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: ['node', 'jest'],
    // the sources by the package's names
    paths: projectPaths(),
    // for the NestJS examples
    experimentalDecorators: true,
  };
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  host.fileExists = (name) => sources.has(name) || fileExists.call(host, name);
  host.readFile = (name) => sources.get(name) ?? readFile.call(host, name);
  host.getSourceFile = (name, ...rest) => {
    const source = sources.get(name);
    return source === undefined
      ? getSourceFile.call(host, name, ...rest)
      : ts.createSourceFile(name, source, ...(rest.slice(0, 1) as [ts.ScriptTarget]));
  };
  host.getCurrentDirectory = () => root;
  const program = ts.createProgram([...sources.keys(), join(root, 'lib/nodemailer-types.d.ts')], options, host);
  const files = [...sources.keys()];
  return new Map(
    list.map((example, index) => {
      const source = program.getSourceFile(files[index] ?? '');
      if (!source) return [example, ['was not read']];
      const diagnostics = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return [
        example,
        diagnostics.map(({ start = 0, messageText }) => {
          const { line } = source.getLineAndCharacterOfPosition(start);
          return `${example.page}:${example.line + line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
        }),
      ];
    }),
  );
}
