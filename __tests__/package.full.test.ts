import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, usePackage } from './support/use-package.js';

const tsc = require.resolve('typescript/bin/tsc');
const packed = usePackage();

interface Consumer {
  folder: string;
  /** Type of what `sendMail()` resolves with, as the README says to write it. */
  sent: string;
  install: string[];
}
const TYPES: Readonly<Record<string, string>> = { 7: '@types/nodemailer@7', 8: '@types/nodemailer@8', 9: '@types/nodemailer@8' };
// one with types of its own and one without; `npm run test:matrix` names the one it wants
const versions = process.env['NODEMAILER_VERSION'] ? [process.env['NODEMAILER_VERSION']] : ['10', '9'];
const consumers = versions.map((version): [string, Consumer] => {
  const types = TYPES[version];
  return [
    `nodemailer ${version} with ${types ?? 'its own types'}`,
    {
      folder: join(packed.folder, `nodemailer-${version}`),
      sent: types ? '(await transporter.sendMail(mail)) as unknown as GraphSentMessageInfo' : 'await transporter.sendMail(mail)',
      install: [`nodemailer@${version}`, ...(types ? [types] : [])],
    },
  ];
});

// a registry that stalls is asked again, instead of after npm's own five minutes
const installFlags = ['--no-audit', '--no-fund', '--no-save', '--ignore-scripts', '--prefer-offline', '--fetch-timeout=30000'];

beforeAll(() => {
  for (const [, { folder, install }] of consumers) {
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), '{ "name": "consumer", "private": true }\n');
    run('npm', ['install', ...installFlags, packed.tarball, ...install, '@types/node@20'], folder);
  }
}, 600_000);

const roundTrip = `
async function main() {
  const sandbox = await startSandbox();
  const transporter = nodemailer.createTransport(graphTransport({ ...sandbox.options }));
  await transporter.verify();
  const info = await transporter.sendMail({ from: 'noreply@contoso.com', to: 'customer@example.com', subject: 'Packed', text: 'Hello' });
  const [message] = sandbox.messages;
  // what is parsed takes packages that are part of this one
  const raw = 'From: noreply@contoso.com\\r\\nTo: customer@example.com\\r\\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\\r\\nContent-Type: text/plain; charset=iso-8859-15\\r\\nContent-Transfer-Encoding: quoted-printable\\r\\n\\r\\n10 =A4';
  await transporter.sendMail({ envelope: { from: 'noreply@contoso.com', to: 'customer@example.com' }, raw, graph: { format: 'json' } });
  const { subject: parsed, text, format } = sandbox.messages[1];
  transporter.close();
  await sandbox.close();
  let error;
  try {
    graphTransport({});
  } catch (caught) {
    error = caught;
  }
  // the namespace of a CommonJS build may have everything under default
  const { default: other, isGraphTransportError: otherGuard = other.isGraphTransportError } = await import(otherBuild);
  console.log(JSON.stringify({
    subject: message.subject,
    parsed: [format, parsed, text.trim()],
    sameId: info.messageId === message.messageId,
    code: error.code,
    own: isGraphTransportError(error),
    acrossBuilds: otherGuard(error),
    twoBuilds: otherGuard !== isGraphTransportError,
  }));
}
main();
`;
const arrived = {
  subject: 'Packed',
  parsed: ['json', 'Grüße', '10 €'],
  sameId: true,
  code: 'ECONFIG',
  own: true,
  acrossBuilds: true,
  twoBuilds: true,
};
// Node 20.19 and newer load ES modules with require(); older ones and other tools do not. For Node 22 and later @azure/identity
// itself comes with dependencies that want it
const requireOnly =
  process.version.startsWith('v20.') && process.allowedNodeEnvironmentFlags.has('--experimental-require-module')
    ? ['--no-experimental-require-module']
    : [];

const consumerTypes = ({ sent }: Consumer) => `
import nodemailer from 'nodemailer';
import {
  graphTransport,
  isGraphTransportError,
  type GraphSentMessageInfo,
  type GraphTransportErrorCode,
  type GraphTransportOptions,
  type Loss,
} from 'nodemailer-graph-transport';
import { startSandbox, type Sandbox, type SandboxMessage } from 'nodemailer-graph-transport/sandbox';

const options: GraphTransportOptions = { tenantId: 'contoso.com', clientId: 'id', clientSecret: 'secret', mailbox: 'noreply@contoso.com' };

export async function send(): Promise<Loss[]> {
  const transporter = nodemailer.createTransport(graphTransport(options));
  const mail = { to: 'customer@example.com', subject: 'Hello', text: 'Hello', graph: { saveToSentItems: false, format: 'json' as const } };
  const info: GraphSentMessageInfo = ${sent};
  const format: 'json' | 'mime' = info.format;
  const text: string = info.messageId + info.response + info.mailbox + format;
  await transporter.sendMail({ to: 'customer@example.com', subject: text, graph: { route: 'draft' } });
  return info.losses;
}

export async function sandboxed(): Promise<SandboxMessage> {
  const sandbox: Sandbox = await startSandbox({ mailboxes: ['noreply@contoso.com'] });
  sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'retry-after': '1' } });
  nodemailer.createTransport(graphTransport({ ...sandbox.options }));
  return sandbox.waitForMessage((message) => message.recipients.includes('customer@example.com'));
}

export function explain(error: unknown): GraphTransportErrorCode | undefined {
  if (!isGraphTransportError(error)) return undefined;
  const wait: number | undefined = error.retryAfter;
  return wait === undefined && error.ambiguous ? 'EGRAPH' : error.code;
}

export const mistakes = () => {
  // @ts-expect-error a misspelled value
  graphTransport({ ...options, format: 'html' });
  // @ts-expect-error two ways to sign in
  graphTransport({ tenantId: 't', clientId: 'c', clientSecret: 's', clientCertificate: 'certificate.pem' });
  // @ts-expect-error no way to sign in
  graphTransport({ tenantId: 't', clientId: 'c' });
};
`;

describe.each(consumers)('installed from the tarball together with %s', (_, consumer) => {
  const cwd = consumer.folder;
  const write = (name: string, content: string) => writeFileSync(join(cwd, name), content);

  test('works with import', () => {
    write(
      'app.mjs',
      `import nodemailer from 'nodemailer';
       import { createRequire } from 'node:module';
       import { graphTransport, isGraphTransportError } from 'nodemailer-graph-transport';
       import { startSandbox } from 'nodemailer-graph-transport/sandbox';
       const otherBuild = createRequire(import.meta.url).resolve('nodemailer-graph-transport');
       ${roundTrip}`,
    );
    expect(JSON.parse(run(process.execPath, ['app.mjs'], cwd))).toEqual(arrived);
  });

  test(`works with require${requireOnly.length > 0 ? ' where require() takes no ES modules' : ''}`, () => {
    write(
      'app.cjs',
      `const nodemailer = require('nodemailer');
       const { graphTransport, isGraphTransportError } = require('nodemailer-graph-transport');
       const { startSandbox } = require('nodemailer-graph-transport/sandbox');
       const otherBuild = 'nodemailer-graph-transport';
       ${roundTrip}`,
    );
    expect(JSON.parse(run(process.execPath, [...requireOnly, 'app.cjs'], cwd))).toEqual(arrived);
  });

  test('compiles as ES module and as CommonJS, declarations checked', () => {
    write('types.mts', consumerTypes(consumer));
    write('types.cts', consumerTypes(consumer));
    const compilerOptions = { module: 'NodeNext', target: 'ES2022', strict: true, skipLibCheck: false, noEmit: true, types: ['node'] };
    write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['types.mts', 'types.cts'] }));
    expect(run(process.execPath, [tsc, '-p', 'tsconfig.json'], cwd)).toBe('');
  });

  test('brings a command that explains itself', () => {
    const help = run(join(cwd, 'node_modules/.bin/nodemailer-graph-transport'), ['--help'], cwd);
    expect(help).toMatch(/^Usage: nodemailer-graph-transport /);
    expect(help).toMatch(/^ +sandbox\b/m);
  });
});
