import type { DeployedRule } from '../configuration/deployed-rule.ts';
import type { Configuration } from '../configuration/read-configuration.ts';
import { deploymentSteps } from './deployment-steps.ts';
import { fixedCosts, metricCosts, ruleDollars, sumDollars } from './fixed-costs.ts';
import { planRegions } from './plan-regions.ts';

/**
 * What `s3xrc configure --json` prints of the plan; dollars are USD per month.
 * @param worthOf returns lines that say from which volume a rule saves money
 */
export function planDocument(configuration: Configuration, worthOf: (rule: DeployedRule) => readonly string[]): object {
  const plans = planRegions(configuration);
  const regions = plans.map((plan) => {
    const costs = fixedCosts(plan);
    return {
      region: plan.region,
      roles: plan.settings.source_target,
      fixedDollars: sumDollars(costs),
      metricDollars: sumDollars(metricCosts(plan)),
      costs,
    };
  });
  return {
    stack: configuration.settings.stack_name,
    regions,
    rules: configuration.rules.map((rule) => ({
      id: rule.id,
      source: rule.source,
      destinations: rule.destinations,
      sizing: rule.sizing,
      draining: rule.draining,
      fixedDollars: ruleDollars(rule),
      pays: worthOf(rule),
    })),
    fixedDollars: regions.reduce((sum, { fixedDollars }) => sum + fixedDollars, 0),
    order: deploymentSteps(plans),
  };
}
