// Mutation testing of what decides, with the unit tests only: npm run mutation, or one module of it:
// npm run mutation -- --mutate lib/encode/json.ts
// The tool itself is installed in mutation/, so that `npm ci` does not bring it to everybody.

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: ['lib/message/**/*.ts', 'lib/encode/**/*.ts', 'lib/plan/**/*.ts', 'lib/delivery/retry.ts'],
  // resolved from mutation/, not from here
  plugins: [import.meta.resolve('./mutation/node_modules/@stryker-mutator/jest-runner/dist/src/index.js')],
  testRunner: 'jest',
  coverageAnalysis: 'perTest',
  jest: {
    configFile: 'jest.config.ts',
    enableFindRelatedTests: true,
    config: {
      testMatch: ['**/__tests__/{message,encode,plan}/**/*.test.ts', '**/__tests__/delivery/retry.test.ts'],
    },
  },
  // its folders are below coverage/, which git, ESLint and Prettier ignore
  tempDirName: 'coverage/stryker',
  ignorePatterns: ['bench', 'coverage', 'dist', 'docs', 'examples', 'mutation'],
  reporters: ['clear-text', 'html', 'json'],
  htmlReporter: { fileName: 'coverage/mutation/index.html' },
  jsonReporter: { fileName: 'coverage/mutation/mutation.json' },
  clearTextReporter: { allowColor: false, reportTests: false },
  thresholds: { high: 90, low: 80, break: 80 },
  concurrency: 2,
  timeoutMS: 10_000,
};
