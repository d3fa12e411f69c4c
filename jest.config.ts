import type { Config } from 'jest';

const transform: Config['transform'] = {
  '^.+\\.ts$': ['@swc/jest', { module: { type: 'es6' }, jsc: { target: 'es2024', parser: { syntax: 'typescript' } } }],
};

/** ES modules and TypeScript as Node runs them; nothing is mocked, so no automock settings. */
const config: Config = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform,
  testMatch: ['<rootDir>/test/{unit,property,integration}/**/*.test.ts', '<rootDir>/test/*.test.ts'],
  // Jest's own choice leaves a core idle, which is half of a small machine.
  maxWorkers: '100%',
  testTimeout: 60_000,
  // Installing them takes longer than a hook of a test may.
  globalSetup: '<rootDir>/test/install-environments.ts',
};

export default config;
