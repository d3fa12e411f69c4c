import { describe, expect, test } from '@jest/globals';
import { describePlan } from '../../../src/templates/describe-plan.ts';
import { loadRules, ruleEntry } from '../../support/configuration.ts';

describe('the plan', () => {
  test('names each rule, where its objects go, and the order of deployment', async () => {
    const plan = describePlan(await loadRules([ruleEntry()]));
    expect(plan).toMatch(/from {2}us-west-2 {2}s3:\/\//);
    expect(plan).toMatch(/Order of deployment: .*eu-central-1.*us-west-2/);
    expect(plan).not.toContain('note');
  });

  test('says that a rule asks for a fallback that this version does not build', async () => {
    const plan = describePlan(await loadRules([ruleEntry({ fallback: true })]));
    expect(plan).toContain('note  this version builds no fallback');
  });
});
