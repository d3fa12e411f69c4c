import type { DeployedRule } from '../configuration/deployed-rule.ts';

/** The route of one rule to one region. */
export interface Route {
  readonly rule: DeployedRule;
  readonly region: string;
}

/** A rule with its routes, which share most requests. */
export interface RuleRoutes {
  readonly rule: DeployedRule;
  readonly routes: readonly Route[];
}

/** Each target region of a rule is one route. */
export function groupRoutes(rule: DeployedRule): RuleRoutes {
  const regions = [...new Set(rule.destinations.map(({ region }) => region))];
  return { rule, routes: regions.map((region) => ({ rule, region })) };
}
