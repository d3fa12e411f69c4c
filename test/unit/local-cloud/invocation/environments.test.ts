import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import {
  readResendEnvironment,
  readSourceEnvironment,
  readTargetEnvironment,
  readVerifyEnvironment,
  readWatermarkEnvironment,
} from '../../../../src/configuration/environment.ts';
import { loadConfiguration } from '../../../../src/configuration/load.ts';
import { sourcePrices } from '../../../../src/wiring/source-prices.ts';

const CONFIGURATION = fileURLToPath(new URL('../../../../configuration', import.meta.url));
const ENVIRONMENTS = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../../../events/env.json', import.meta.url)), 'utf8'),
) as Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What a function finds under `sam local invoke`: env.json over what Lambda and the image set. */
function environmentOf(path: string, region: string): Record<string, string> {
  return { AWS_REGION: region, CONFIGURATION_DIRECTORY: CONFIGURATION, ...ENVIRONMENTS[path] };
}

describe('the variables of events/env.json', () => {
  test.each([
    ['RuleExampleDocumentsA82747f3ed/Function', 'eu-west-1', readSourceEnvironment],
    ['TargetUsEast1/Function', 'us-east-1', readTargetEnvironment],
    ['SourceEuWest1/ResendFunction', 'eu-west-1', readResendEnvironment],
    ['WatermarkEuWest1/Function', 'eu-west-1', readWatermarkEnvironment],
    ['VerifyEuWest1/Function', 'eu-west-1', readVerifyEnvironment],
  ])('are what %s reads at its start', (path, region, read: (environment: Record<string, string>) => object) => {
    expect(ENVIRONMENTS).toHaveProperty([path]);
    expect(read(environmentOf(path, region))).toMatchObject({ AWS_REGION: region });
  });

  test('give the source function prices, and no table that the local servers lack', async () => {
    const environment = readSourceEnvironment(environmentOf('RuleExampleDocumentsA82747f3ed/Function', 'eu-west-1'));
    expect(environment.STATISTICS_TABLE).toBeUndefined();
    const configuration = await loadConfiguration(CONFIGURATION);
    const [rule] = configuration.rules;
    if (rule === undefined) throw new Error('The example has no rule');
    expect(rule.id).toBe(environment.RULE_ID);
    expect(Object.keys((await sourcePrices(environment, configuration, rule)).transfer_gb)).toEqual(['us-east-1']);
  });
});
