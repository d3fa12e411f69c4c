import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { loadConfiguration } from '../../../src/configuration/load.ts';
import { loadDeployedConfiguration } from '../../../src/configuration/load-deployed.ts';
import { loadTexts, problemsOf, ruleEntry } from '../../support/configuration.ts';

const EXAMPLE = fileURLToPath(new URL('../../../configuration', import.meta.url));

describe('loadDeployedConfiguration', () => {
  test('reads the same configuration as the commands', async () => {
    expect(await loadDeployedConfiguration(EXAMPLE)).toEqual(await loadConfiguration(EXAMPLE));
    const replication = `\ufeff${JSON.stringify({ replication_configuration: [ruleEntry()] })}`;
    expect((await loadTexts({ replication }, loadDeployedConfiguration)).rules).toHaveLength(1);
  });

  test('refuses a configuration that was not checked, without locating the problems', async () => {
    const rules = [ruleEntry({}, { bucket: 'one-bucket', region: 'us-west-2' })];
    const replication = JSON.stringify({ replication_configuration: rules });
    const problems = await problemsOf(loadTexts({ replication }, loadDeployedConfiguration));
    expect(problems.length).toBeGreaterThan(0);
    expect(problems[0]).not.toHaveProperty('line');
    expect(await problemsOf(loadTexts({ replication }))).toMatchObject([...problems]);
  });

  test('names a file that is not JSON', async () => {
    const problems = await problemsOf(loadTexts({ replication: '{ "rules": oops }' }, loadDeployedConfiguration));
    expect(problems).toMatchObject([{ file: 'replication_config.json', path: '' }]);
    expect(problems[0]).not.toHaveProperty('line');
  });
});
