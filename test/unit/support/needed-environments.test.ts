import { describe, expect, test } from '@jest/globals';
import config from '../../../jest.config.ts';
import { neededEnvironments } from '../../support/needed-environments.ts';

const DEFAULT = [config.testMatch ?? []].flat();

describe('the Python environments that are installed before a run', () => {
  test.each<[string, readonly string[], readonly string[], readonly string[]]>([
    ['all tests', DEFAULT, [], ['test']],
    ['an integration test', DEFAULT, ['test/integration/watermark.test.ts'], ['test']],
    ['a name that may match anywhere', DEFAULT, ['watermark'], ['test']],
    ['unit tests', DEFAULT, ['test/unit/archive', 'test/architecture.test.ts'], []],
    ['the absolute path of a unit test', DEFAULT, ['/home/me/project/test/unit/errors.test.ts'], []],
    ['unit and integration tests', DEFAULT, ['test/unit', 'test/integration/watermark'], ['test']],
    ['tests of the commands', ['<rootDir>/test/commands/**/*.test.ts'], [], ['test', 'rehearsal', 'emulator']],
    ['end-to-end tests', ['<rootDir>/test/e2e/**/*.test.ts'], [], ['server']],
    ['tests of the templates', ['<rootDir>/test/template/**/*.test.ts'], [], ['rehearsal', 'deploy']],
    ['the deployment', ['<rootDir>/test/deploy/**/*.test.ts'], [], ['deploy', 'emulator']],
  ])('for %s', (_, testMatch, patterns, expected) => {
    expect(neededEnvironments(testMatch, patterns)).toEqual(expected);
  });
});
