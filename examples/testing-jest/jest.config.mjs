export default {
  testEnvironment: 'node',
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }] },
  // imports name the .js that TypeScript makes; jest reads the .ts
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
};
