import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type RuleIdentity, ruleId } from '../../../src/configuration/rule-id.ts';
import { bucketNameFault } from '../../../src/configuration/schema/bucket-name.ts';
import {
  ownBucketName,
  resourceNamePrefix,
  ruleResourceName,
} from '../../../src/configuration/schema/resource-names.ts';
import { settingsSchema } from '../../../src/configuration/schema/schema.ts';

/** Few letters, so that rules often differ only in a hyphen, slash or capital letter. */
const text = fc.string({ unit: fc.constantFrom('a', 'A', 'b', '/', '-', '.', 'ü', ' '), maxLength: 60 });
const identity: fc.Arbitrary<RuleIdentity> = fc.record({
  region: fc.constantFrom('eu-west-1', 'us-east-1'),
  bucket: fc.stringMatching(/^[ab][ab.-]{1,61}[ab]$/),
  prefix: text,
  suffix: text,
});
const rules = fc.uniqueArray(identity, { minLength: 60, maxLength: 80, selector: (rule) => JSON.stringify(rule) });
const stackName = fc
  .stringMatching(/^[A-Za-z][A-Za-z0-9-]{1,127}$/)
  .filter((name) => settingsSchema.shape.stack_name.safeParse(name).success);
/** The pattern in src/stacks/registry.yaml. */
const REPOSITORY = /^[a-z0-9]+([._/-][a-z0-9]+)*$/;

describe('resource names of 60 or more rules', () => {
  test('are unique, within the limits of AWS, and have only letters, digits and hyphens', () => {
    fc.assert(
      fc.property(rules, stackName, (many, stack) => {
        const names = many.map((rule) => ruleResourceName(stack, ruleId(rule)));
        expect(new Set(names).size).toBe(many.length);
        // Names of functions and roles may have 64 characters, of which the longest suffix takes 8; names of queues 80.
        for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9-]{0,55}$/);
        expect(resourceNamePrefix(stack)).toMatch(/^[a-z][a-z0-9-]{0,24}[a-z0-9]$/);
        expect(resourceNamePrefix(stack)).toMatch(REPOSITORY);
        expect(bucketNameFault(ownBucketName(stack, '111122223333', 'ap-southeast-2', 'outbound'))).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });

  test('do not change if rules are added, removed or reordered', () => {
    fc.assert(
      fc.property(rules, fc.nat(), (many, turn) => {
        const idsOf = (list: readonly RuleIdentity[]) => new Map(list.map((rule) => [rule, ruleId(rule)]));
        const before = idsOf(many);
        const turned = many.map((_, index) => many[(index + turn) % many.length] ?? _).slice(1);
        for (const [rule, id] of idsOf(turned)) expect(id).toBe(before.get(rule));
      }),
      { numRuns: 20 },
    );
  });
});
