import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { INVOCABLE_FUNCTIONS } from '../../../../local-cloud/invocation/functions.ts';
import { readEnvironment } from '../../../../src/configuration/environment.ts';
import { loadConfiguration } from '../../../../src/configuration/load.ts';
import { sourceVariables } from '../../../../src/wiring/source.ts';
import { readSourcePrices } from '../../../../src/wiring/source-prices.ts';
import { functionVariables } from '../../../support/function-variables.ts';

const CONFIGURATION = fileURLToPath(new URL('../../../../configuration', import.meta.url));
const ENVIRONMENTS = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../../../events/env.json', import.meta.url)), 'utf8'),
) as Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The environment under `sam local invoke`: env.json over the variables of Lambda and the image. */
function environmentOf(path: string, region: string): Record<string, string> {
  return { AWS_REGION: region, CONFIGURATION_DIRECTORY: CONFIGURATION, ...ENVIRONMENTS[path] };
}

/** Every function of the example, in all of its stacks. */
const FUNCTIONS = Object.keys(ENVIRONMENTS).map((path) => {
  const invocable = INVOCABLE_FUNCTIONS.find((candidate) => candidate.path === path);
  // Rules that no event belongs to.
  const { name, region } = invocable ?? { name: 'source' as const, region: 'eu-west-1' };
  return { path, name, region };
});

describe('the variables of events/env.json', () => {
  test.each(FUNCTIONS)('are those that $path reads at its start', async ({ path, name, region }) => {
    const environment = readEnvironment(await functionVariables(name), environmentOf(path, region));
    expect(environment).toMatchObject({ AWS_REGION: region });
  });

  test('name each rule of the example once', async () => {
    const { rules } = await loadConfiguration(CONFIGURATION);
    const named = FUNCTIONS.filter(({ name }) => name === 'source').map(({ path }) => ENVIRONMENTS[path]?.['RULE_ID']);
    expect(named).toEqual(rules.map(({ id }) => id));
  });

  test('give the source function prices, and no table that the local servers lack', async () => {
    const environment = readEnvironment(
      sourceVariables,
      environmentOf('RuleExampleDocumentsA82747f3ed/Function', 'eu-west-1'),
    );
    expect(environment.STATISTICS_TABLE).toBeUndefined();
    const configuration = await loadConfiguration(CONFIGURATION);
    const [rule] = configuration.rules;
    if (rule === undefined) throw new Error('The example has no rule');
    expect(rule.id).toBe(environment.RULE_ID);
    expect(Object.keys((await readSourcePrices(environment, configuration, rule)).transfer_gb)).toEqual(['us-east-1']);
  });
});
