import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, usePackage } from './support/use-package.js';

const packed = usePackage();
const installFlags = ['--no-audit', '--no-fund', '--no-save', '--ignore-scripts', '--prefer-offline', '--fetch-timeout=30000'];

/** The lowest that README states, and the one of this repository. */
const compilers = ['5.0', '6.0'];

describe.each([
  ['8', ['nodemailer@8', '@types/nodemailer@8']],
  ['9', ['nodemailer@9', '@types/nodemailer@8']],
  ['10', ['nodemailer@10']],
])('under NodeNext with Nodemailer %s', (version, install) => {
  const folder = () => join(packed.folder, `types-${version}`);

  beforeAll(() => {
    mkdirSync(folder());
    writeFileSync(join(folder(), 'package.json'), '{ "name": "consumer", "private": true }\n');
    const typescripts = compilers.map((compiler) => `typescript-${compiler}@npm:typescript@~${compiler}.0`);
    run(
      'npm',
      ['install', ...installFlags, packed.tarball, ...install, ...typescripts, '@types/node@20', '@opentelemetry/api@1.9'],
      folder(),
    );
    const code = `
      import { createTransport, type Transporter } from 'nodemailer';
      import type SMTPTransport from 'nodemailer/lib/smtp-transport';
      import { graphTransport, type GraphSentMessageInfo, type GraphTransportOptions } from 'nodemailer-graph-transport';
      import { startSandbox } from 'nodemailer-graph-transport/sandbox';
      import { outboxTransport } from 'nodemailer-graph-transport/outbox';
      import { GraphTransportInstrumentation } from 'nodemailer-graph-transport/telemetry';

      const options: GraphTransportOptions = { tenantId: 't', clientId: 'c', clientSecret: 's' };
      export const transporter: Transporter<SMTPTransport.SentMessageInfo> = createTransport(graphTransport(options));
      // @ts-expect-error: declarations that are not found would be any, and this no error
      export const wrong: GraphTransportOptions = { tenantId: 7 };
      export type Kept = [GraphSentMessageInfo, typeof startSandbox, typeof outboxTransport, GraphTransportInstrumentation];
    `;
    writeFileSync(join(folder(), 'app.cts'), code);
    writeFileSync(join(folder(), 'app.mts'), code.replace('nodemailer/lib/smtp-transport', 'nodemailer/lib/smtp-transport/index.js'));
    const compilerOptions = { module: 'NodeNext', target: 'ES2022', strict: true, skipLibCheck: false, noEmit: true, types: ['node'] };
    writeFileSync(join(folder(), 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['app.mts', 'app.cts'] }));
  }, 300_000);

  test.each(compilers)('TypeScript %s finds nothing wrong, declarations checked', (compiler) => {
    expect(run(process.execPath, [`node_modules/typescript-${compiler}/bin/tsc`, '-p', 'tsconfig.json'], folder())).toBe('');
  });
});
