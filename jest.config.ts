/** @jest-config-loader esbuild-register */
import { availableParallelism } from 'node:os';
import type { Config } from 'jest';

const { TEST_FULL } = process.env;

const config: Config = {
  testEnvironment: 'node',
  roots: ['<rootDir>/__tests__'],
  // the inbox's page as a module
  globalSetup: '<rootDir>/scripts/before-tests.mjs',
  testMatch: ['**/*.test.ts'],
  // what takes minutes runs in `npm run test:full`; of large sets `npm test` takes a sample (__tests__/support/sample.ts)
  testPathIgnorePatterns: ['/node_modules/', ...(TEST_FULL === '1' ? [] : ['\\.full\\.test\\.ts$'])],
  showSeed: true,
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }] },
  // sources import each other as './x.js' (NodeNext); jest reads the .ts files
  moduleNameMapper: {
    '^fast-check$': '<rootDir>/scripts/seeded-fast-check.cjs',
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^nodemailer-graph-transport$': '<rootDir>/lib/index.ts',
    '^nodemailer-graph-transport/sandbox$': '<rootDir>/lib/sandbox/index.ts',
    '^nodemailer-graph-transport/outbox$': '<rootDir>/lib/outbox/index.ts',
    '^nodemailer-graph-transport/bounces$': '<rootDir>/lib/bounces/index.ts',
    '^nodemailer-graph-transport/telemetry$': '<rootDir>/lib/telemetry/index.ts',
  },
  // which Nodemailer is 'nodemailer'
  resolver: '<rootDir>/scripts/nodemailer-version.cjs',
  // nothing that a test asserts depends on how fast it is: this only ends what hangs, on a busy machine, too
  testTimeout: 120_000,
  // jest would leave a core to itself; much of what `npm test` runs is waiting, while the full run starts bundlers and browsers
  maxWorkers: availableParallelism() + (TEST_FULL === '1' ? 0 : 1),
  // esbuild's service and killed programs' pipes have kept the runner alive after its last test
  forceExit: true,
  // modules of earlier test files are never freed for good
  workerIdleMemoryLimit: '256MB',
  // `npm run coverage`; the commands in lib/cli run as programs of their own and the inbox's page in a browser, where nobody counts
  collectCoverageFrom: ['lib/**/*.ts', '!lib/cli/**', '!lib/sandbox/inbox/page/**', '!lib/sandbox/inbox/page-files.ts', '!lib/**/*.d.ts'],
  coverageReporters: ['text', 'html', 'json-summary'],
  coverageThreshold: { global: { lines: 95, branches: 90 } },
};

export default config;
