import { describe, expect, test } from '@jest/globals';
import { deploymentAccess, policyCharacters, targetAccess } from '../../../src/templates/access-policies.ts';
import type { RegionPlan } from '../../../src/templates/plan-regions.ts';
import { deployedRules } from '../../support/deployed-rules.ts';

/** IAM's limit for a managed policy. */
const LIMIT = 6_144;

function plan(rules: number, region = 'us-east-1'): RegionPlan {
  const made = deployedRules(
    Array.from({ length: rules }, (_, index) => ({
      source: { region: 'eu-west-1', bucket: `documents-of-a-department-${index}`, prefix_filter: `year/${index}/` },
      destinations: [{ region: 'us-east-1', bucket: `copies-of-a-department-${index}` }],
    })),
  );
  return {
    region,
    settings: { region, source_target: ['target'] } as unknown as RegionPlan['settings'],
    outgoing: [],
    incoming: made.flatMap((rule) => rule.destinations.map((destination) => ({ rule, destination }))),
  };
}

describe('policies for the buckets of a region', () => {
  test('are measured as IAM measures them: with text filled in, not in the form of the template', () => {
    const statement = { Sid: 'A', Resource: { name: 'not a call' } };
    expect(policyCharacters('us-east-1', [statement])).toBe(
      '{"Version":"2012-10-17","Statement":[{"Sid":"A","Resource":{"name":"not a call"}}]}'.length,
    );
    const [before] = targetAccess(plan(1));
    const filledIn = policyCharacters('us-east-1', before ?? []);
    expect(filledIn).toBeLessThan(JSON.stringify(before).length);
    expect(policyCharacters('us-gov-west-1', before ?? [])).toBeGreaterThan(filledIn);
  });

  test('are filled up to the limit, and never above it', () => {
    const documents = targetAccess(plan(180));
    const sizes = documents.map((statements) => policyCharacters('us-east-1', statements));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(LIMIT);
    // Except for the last one: nothing was moved to another policy although it would have fitted.
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan(LIMIT - 300);
  });

  test('hold more than 200 rules, and the rest is refused with a sentence', () => {
    expect(targetAccess(plan(200)).length).toBeLessThanOrEqual(5);
    expect(deploymentAccess(plan(200)).length).toBeLessThanOrEqual(5);
    expect(() => targetAccess(plan(500))).toThrow(/name more buckets than the policies of one role can hold/);
  });
});

describe('the permission to delete', () => {
  test('covers the objects of destinations that replicate deletions, and never a version', () => {
    const [keeping, deleting] = [{ deletes: 'ignore' }, {}].map((destination, index) => ({
      source: { region: 'eu-west-1', bucket: `source-${index}`, deletes: 'replicate' },
      destinations: [{ region: 'us-east-1', bucket: `copy-${index}`, target_prefix: 'a/', ...destination }],
    }));
    const rules = deployedRules([keeping, deleting]);
    const incoming = rules.flatMap((rule) => rule.destinations.map((destination) => ({ rule, destination })));
    const [statements = []] = targetAccess({ ...plan(0), incoming });
    const deletions = statements.filter((statement) => JSON.stringify(statement).includes('s3:Delete'));
    expect(deletions).toEqual([expect.objectContaining({ Sid: 'DeleteAsAtTheSource', Action: ['s3:DeleteObject'] })]);
    expect(JSON.stringify(deletions)).toContain('copy-1/a/*');
    expect(JSON.stringify(deletions)).not.toContain('copy-0');
    expect(JSON.stringify(targetAccess(plan(3)))).not.toContain('s3:Delete');
  });
});
