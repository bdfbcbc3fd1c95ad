import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const root = join(__dirname, '../..');
const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter((name) => name.endsWith('.md'));

interface Example {
  page: string;
  /** First line of the code in the page. */
  line: number;
  language: string;
  code: string;
}

const examples = pages.flatMap(readExamples);

/** What a block may take from the blocks before it. */
const context: Record<string, string> = {
  transporter: `declare const transporter: import('nodemailer').Transporter<import('nodemailer-graph-transport').GraphSentMessageInfo>;`,
  transport: `declare const transport: import('nodemailer-graph-transport').GraphTransport;`,
  sandbox: `declare const sandbox: import('nodemailer-graph-transport/sandbox').Sandbox;`,
  mail: `declare const mail: import('nodemailer').SendMailOptions;`,
  messages: `declare const messages: import('nodemailer').SendMailOptions[];`,
  options: `declare const options: import('nodemailer-graph-transport').GraphTransportOptions;`,
};

test('there are examples to check', () => {
  expect(examples.filter(({ page }) => page === 'README.md').length).toBeGreaterThanOrEqual(3);
});

test('every TypeScript and JavaScript example of README and docs compiles', () => {
  const sources = new Map(
    examples
      .filter(({ language }) => ['ts', 'typescript', 'js', 'javascript', 'mjs'].includes(language))
      .map((example) => [
        join(root, 'examples', `${example.page.replace(/\W/g, '-')}-${example.line}.mts`),
        { example, code: complete(example.code) },
      ]),
  );
  expect(problemsOf(sources)).toEqual([]);
}, 120_000);

test('an example with a mistake is noticed', () => {
  const code = `import { graphTransport } from 'nodemailer-graph-transport';\ngraphTransport({ tenantId: 1 });`;
  const example = { page: 'README.md', line: 1, language: 'ts', code };
  expect(problemsOf(new Map([[join(root, 'examples', 'mistake.mts'), { example, code }]]))).toEqual([
    expect.stringContaining('README.md:2'),
  ]);
}, 120_000);

test('every JSON example parses', () => {
  for (const { code } of examples.filter(({ language }) => language === 'json')) expect(() => JSON.parse(code) as unknown).not.toThrow();
});

test('every npm script that README and docs name exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  const named = pages.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, name]) => name ?? ''),
  );
  expect(named.length).toBeGreaterThan(0);
  for (const name of named) expect(Object.keys(scripts)).toContain(name);
});

test('every file that README and docs link to exists', () => {
  for (const page of pages) {
    const folder = join(root, page, '..');
    for (const [, target = ''] of readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:|mailto:|#)([^)#]+)/g)) {
      expect([page, target, readable(join(folder, target))]).toEqual([page, target, true]);
    }
  }
});

function readExamples(page: string): Example[] {
  const lines = readFileSync(join(root, page), 'utf8').split('\n');
  const found: Example[] = [];
  let open: Example | undefined;
  lines.forEach((text, index) => {
    const fence = /^```(\w*)/.exec(text);
    if (!fence) {
      if (open) open.code += `${text}\n`;
    } else if (open) {
      found.push(open);
      open = undefined;
    } else {
      open = { page, line: index + 2, language: fence[1] ?? '', code: '' };
    }
  });
  return found;
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

function problemsOf(sources: Map<string, { example: Example; code: string }>): string[] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: ['node', 'jest'],
    paths: { 'nodemailer-graph-transport': ['./lib/index.ts'], 'nodemailer-graph-transport/sandbox': ['./lib/sandbox/index.ts'] },
  };
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  host.fileExists = (name) => sources.has(name) || fileExists.call(host, name);
  host.readFile = (name) => sources.get(name)?.code ?? readFile.call(host, name);
  host.getSourceFile = (name, ...rest) => {
    const source = sources.get(name);
    return source
      ? ts.createSourceFile(name, source.code, ...(rest.slice(0, 1) as [ts.ScriptTarget]))
      : getSourceFile.call(host, name, ...rest);
  };
  host.getCurrentDirectory = () => root;
  const program = ts.createProgram([...sources.keys(), join(root, 'lib/nodemailer-types.d.ts')], options, host);
  return [...sources].flatMap(([file, { example }]) => {
    const source = program.getSourceFile(file);
    if (!source) return [`${example.page}:${example.line} was not read`];
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(({ start = 0, messageText }) => {
      const { line } = source.getLineAndCharacterOfPosition(start);
      return `${example.page}:${example.line + line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  });
}

function readable(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EISDIR';
  }
}
