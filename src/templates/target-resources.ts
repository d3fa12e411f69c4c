import { VISIBILITY_TIMES_TIMEOUT } from '../configuration/deployed-rule.ts';
import { resourceNamePrefix } from '../configuration/schema/resource-names.ts';
import { targetAccess } from './access-policies.ts';
import { fallbackOutputs } from './fallback-resources.ts';
import { remembersDeletions } from './plan-regions.ts';
import { regionNames } from './region-names.ts';
import { sharedOutputs } from './region-resources.ts';
import {
  checkedBuckets,
  customResource,
  managedPolicies,
  nestedApplication,
  type Resources,
  type StackContext,
} from './sam-calls.ts';
import { getAtt } from './yaml.ts';

/** The inbound side, with its access to the users' buckets. */
export function targetResources(context: StackContext): Resources {
  const { settings, plan } = context;
  const { function_memory: memory, function_timeout: timeout, scaling_limit: limit } = plan.settings;
  const names = regionNames(plan.region);
  const hasFallback = plan.fallback?.arriving !== undefined;
  const target = nestedApplication(context, 'target.yaml', names.here, {
    StackName: settings.stack_name,
    NamePrefix: resourceNamePrefix(settings.stack_name),
    ...sharedOutputs(plan.region),
    MemorySize: memory,
    Timeout: timeout,
    VisibilityTimeout: VISIBILITY_TIMES_TIMEOUT * timeout,
    MaximumConcurrency: limit,
    LogLevel: settings.log_level,
    LogRetentionDays: settings.log_retention_days,
    ...(remembersDeletions(plan) ? { RemembersDeletions: 'yes' } : {}),
    ...(hasFallback ? fallbackOutputs(names.targetFallback) : {}),
  });
  if (plan.incoming.length === 0) return { [names.target]: target };
  const buckets = plan.incoming.map(({ destination }) => destination);
  const stacks = [names.target, ...(hasFallback ? [names.targetFallback] : [])];
  const roles = stacks.map((stack) => getAtt(stack, 'Outputs.RoleName'));
  return {
    [names.targetChecks]: customResource(context, 'TargetChecks', names.here, { Buckets: checkedBuckets(buckets) }),
    [names.target]: target,
    ...managedPolicies(context, names.targetAccess, targetAccess(plan), roles),
  };
}
