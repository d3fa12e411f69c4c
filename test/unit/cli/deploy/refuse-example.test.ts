import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { EXAMPLE_BUCKETS, refuseExample } from '../../../../src/cli/deploy/refuse-example.ts';
import { loadConfiguration } from '../../../../src/configuration/load.ts';
import { rulesBetween } from '../../../support/plans.ts';

const EXAMPLE = fileURLToPath(new URL('../../../../configuration', import.meta.url));

describe('refuseExample', () => {
  test('knows every bucket of the committed example', async () => {
    const { rules } = await loadConfiguration(EXAMPLE);
    const buckets = rules.flatMap(({ source, destinations }) => [source, ...destinations].map(({ bucket }) => bucket));
    expect([...new Set(buckets)].toSorted()).toEqual(EXAMPLE_BUCKETS);
  });

  test('names what is left of the example, even a single address', async () => {
    await using own = await rulesBetween({ 'eu-west-1': ['us-east-1'], 'us-east-1': [] });
    const configuration = await loadConfiguration(own.folder);
    expect(() => {
      refuseExample(configuration);
    }).not.toThrow();
    const settings = { ...configuration.settings, notification_emails: ['me@own.test', 'storage-team@example.com'] };
    expect(() => {
      refuseExample({ ...configuration, settings });
    }).toThrow(
      expect.objectContaining({
        code: 'EXAMPLE_CONFIGURATION',
        message: expect.stringMatching(/: storage-team@example\.com\. /),
      }),
    );
  });
});
