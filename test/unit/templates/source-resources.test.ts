import { describe, expect, test } from '@jest/globals';
import { planRegions } from '../../../src/templates/plan-regions.ts';
import type { Resources } from '../../../src/templates/sam-calls.ts';
import { sourceResources } from '../../../src/templates/source-resources.ts';
import { loadRules, ruleEntry } from '../../support/configuration.ts';

/** The resources of us-west-2 for the rules. */
async function resourcesOf(...rules: readonly object[]): Promise<Resources> {
  const configuration = await loadRules(rules);
  const plans = planRegions(configuration);
  const plan = plans.find(({ region }) => region === 'us-west-2');
  if (plan === undefined) throw new Error('us-west-2 is not among the regions');
  return sourceResources({ settings: configuration.settings, plan, plans, stacks: 'stacks', priceRevision: '1' });
}

function ofType(resources: Resources, type: string) {
  const entries = Object.entries(resources) as [string, { readonly Type: string; readonly Properties: unknown }][];
  return entries.filter(([, resource]) => resource.Type === type);
}

const LOGS = { prefix_filter: 'logs/' };

describe('a draining rule', () => {
  test('has everything except a notification', async () => {
    const [before, after] = [
      await resourcesOf(ruleEntry(), ruleEntry({ ...LOGS, bucket: 'two' })),
      await resourcesOf(ruleEntry(), ruleEntry({ ...LOGS, bucket: 'two', draining: true })),
    ];
    const gone = Object.keys(before).filter((name) => !Object.hasOwn(after, name));
    expect(gone).toEqual([expect.stringMatching(/^NotificationUsWest2Two/)]);
  });

  test("leaves the notifications of its bucket to the bucket's other rules", async () => {
    const resources = await resourcesOf(
      ruleEntry({ ...LOGS, draining: true }),
      ruleEntry({ prefix_filter: 'logs/app/' }),
    );
    const [[, notification] = [], ...more] = ofType(resources, 'Custom::BucketNotification');
    expect(more).toEqual([]);
    expect(JSON.stringify(notification)).toContain('"Prefix":"logs/app/"');
    expect(JSON.stringify(notification)).not.toContain('"Prefix":"logs/"');
  });
});

describe('a rule that gets its events through EventBridge', () => {
  test('shares the configuration of its bucket with rules that have notifications', async () => {
    const resources = await resourcesOf(
      ruleEntry({ ...LOGS, suffix_filter: '.gz', events: 'eventbridge' }),
      ruleEntry({ prefix_filter: 'data/' }),
    );
    const [[, notification] = [], ...more] = ofType(resources, 'Custom::BucketNotification');
    expect(more).toEqual([]);
    expect(notification).toMatchObject({
      Properties: { EventBridge: true, Notifications: [expect.objectContaining({ Prefix: 'data/' })] },
      DependsOn: expect.arrayContaining([expect.stringMatching(/^RuleOneBucketLogs/)]),
    });
    const parameters = ofType(resources, 'AWS::Serverless::Application').map(([, { Properties }]) => Properties);
    expect(parameters).toContainEqual(
      expect.objectContaining({
        Parameters: expect.objectContaining({ TakesEventBridge: 'yes', KeyPrefix: 'logs/', KeySuffix: '.gz' }),
      }),
    );
  });

  test('has neither while it drains', async () => {
    const resources = await resourcesOf(ruleEntry({ events: 'eventbridge', draining: true }));
    expect(JSON.stringify(resources)).not.toMatch(/EventBridge|BucketNotification/);
  });
});

describe('a rule that replicates deletions', () => {
  test.each([
    [{}, undefined],
    [{ deletes: 'replicate' }, 'users'],
    [{ deletes: 'replicate', lifecycle_deletes: true }, 'all'],
  ])('makes its bucket report them, and no other rule does: %j', async (keys, told) => {
    const [[, notification] = []] = ofType(await resourcesOf(ruleEntry(keys)), 'Custom::BucketNotification');
    const { Notifications = [] } = (notification?.Properties ?? {}) as { Notifications?: readonly object[] };
    expect(Notifications[0]).toEqual(
      told === undefined
        ? expect.not.objectContaining({ Deletions: expect.anything() })
        : expect.objectContaining({ Deletions: told }),
    );
  });

  test('has them on the dashboard, which does not mention them if no rule replicates any', async () => {
    const bodyOf = async (keys: object): Promise<string> =>
      JSON.stringify(ofType(await resourcesOf(ruleEntry(keys)), 'AWS::CloudWatch::Dashboard'));
    expect(await bodyOf({ deletes: 'replicate' })).toMatch(/DeletionsPacked.*ObjectsDeleted.*DeletionsOfKeptObjects/s);
    expect(await bodyOf({})).not.toMatch(/Delet/);
  });

  test('gets them through EventBridge if its other events come from there', async () => {
    const resources = await resourcesOf(ruleEntry({ events: 'eventbridge', deletes: 'replicate' }));
    const parameters = ofType(resources, 'AWS::Serverless::Application').map(([, { Properties }]) => Properties);
    expect(parameters).toContainEqual(
      expect.objectContaining({ Parameters: expect.objectContaining({ TakesDeletions: 'yes' }) }),
    );
  });
});
