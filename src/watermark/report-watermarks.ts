import pLimit from 'p-limit';
import type { DeployedRule } from '../configuration/deployed-rule.ts';
import { asCompressorError, type CompressorError } from '../errors.ts';
import { Deadline, RESERVED_MILLISECONDS } from '../messages/deadline.ts';
import type { WatermarkDependencies } from './dependencies.ts';
import { UnknownWatermarkError } from './errors.ts';
import { observeRule } from './observe-rule.ts';
import { readNewest } from './read-newest.ts';
import { groupRoutes, type RuleRoutes } from './route.ts';
import { oldestAge, stageAges } from './stage-ages.ts';

/**
 * Concurrent rules: each makes half a dozen calls and mostly waits. CloudWatch allows 50 calls of GetMetricData a
 * second (Service Quotas, "Rate of GetMetricData requests"); with one call per rule and a quarter of a second for its
 * farthest region, this makes 32 a second.
 */
const MAX_CONCURRENT_RULES = 8;

/**
 * Archives that S3 may be asked about in one invocation, in addition to those that are always checked; shared by the
 * rules. A request takes a millisecond or two of the function's CPU and is answered within the region.
 */
const REQUESTS_WHEN_FAILED = { all: 20_000, perRule: 5_000 };
const REQUESTS_WHEN_NEW = { all: 5_000, perRule: 1_000 };

/**
 * Reports the age of the oldest object that is not restored, for each rule and target region. docs/operations.md says
 * what the number means and how far it can be off.
 * @param rules those whose source is in the region
 * @param remainingMilliseconds what is left of this invocation
 * @throws UnknownWatermarkError when it could not be determined for some of them; the others were reported
 */
export async function reportWatermarks(
  rules: readonly DeployedRule[],
  remainingMilliseconds: () => number,
  dependencies: WatermarkDependencies,
): Promise<void> {
  using deadline = new Deadline(remainingMilliseconds() - RESERVED_MILLISECONDS.reporting);
  const run = endingAt(deadline.signal, dependencies);
  const allRoutes = rules.map(groupRoutes);
  const routes = allRoutes.flatMap((ruleRoutes) => ruleRoutes.routes);
  const newest = readNewest(allRoutes, run);
  const share = ({ all, perRule }: typeof REQUESTS_WHEN_NEW): number =>
    Math.min(perRule, Math.ceil(all / Math.max(1, allRoutes.length)));
  const budget = { whenFailed: share(REQUESTS_WHEN_FAILED), whenNew: share(REQUESTS_WHEN_NEW) };
  const errors: CompressorError[] = [];
  const tell = async (ruleRoutes: RuleRoutes): Promise<void> => {
    for (const { rule, region, outcome } of await observeRule(ruleRoutes, newest, budget, run)) {
      if (outcome.status === 'fulfilled') {
        const stages = stageAges(outcome.value);
        dependencies.telemetry.watermarkTaken(rule, region, oldestAge(stages), stages);
      } else {
        const error = asCompressorError(outcome.reason);
        errors.push(error);
        dependencies.telemetry.watermarkUnknown(rule, region, error);
      }
    }
  };
  const limit = pLimit(MAX_CONCURRENT_RULES);
  await Promise.all(allRoutes.map((ruleRoutes) => limit(tell, ruleRoutes)));
  if (errors.length === 0) return;
  throw new UnknownWatermarkError(
    `The watermarks of ${errors.length} of ${routes.length} routes are unknown. ${errors[0]?.message ?? ''}`,
    { cause: errors[0], context: { unknown: errors.length, routes: routes.length } },
  );
}

/** Requests that are still waiting at the deadline fail, and what they would have shown is reported as unknown. */
function endingAt(signal: AbortSignal, dependencies: WatermarkDependencies): WatermarkDependencies {
  const { metrics, keys, statuses } = dependencies;
  return {
    ...dependencies,
    metrics: { readMaxima: (addresses, window) => metrics.readMaxima(addresses, window, signal) },
    keys: { firstKeys: (range, most) => keys.firstKeys(range, most, signal) },
    statuses: { statusOf: (archive) => statuses.statusOf(archive, signal) },
  };
}
