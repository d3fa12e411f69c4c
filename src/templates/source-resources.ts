import type { DeployedRule } from '../configuration/deployed-rule.ts';
import { ruleDimensions } from '../configuration/metric-dimensions.ts';
import { replicatesDeletes, reportedDeletionKinds } from '../configuration/rule.ts';
import { resourceNamePrefix, ruleResourceName } from '../configuration/schema/resource-names.ts';
import { buildDashboard } from './dashboard/region-dashboard.ts';
import { fallbackOutputs, ownPrincipals, ruleFallback } from './fallback-resources.ts';
import { keyPattern } from './iam-pattern.ts';
import { archiveRegions } from './plan-regions.ts';
import { planReplication } from './plan-replication.ts';
import { regionNames } from './region-names.ts';
import { partResources } from './region-parts.ts';
import { sharedOutputs } from './region-resources.ts';
import { checkedBuckets, customResource, nestedApplication, type Resources, type StackContext } from './sam-calls.ts';
import { getAtt, ref, sub, type Yaml, type YamlObject } from './yaml.ts';

/**
 * The outbound side and its rules. Their order keeps objects safe: S3 does not replicate objects that existed before
 * its rule, so replication rules come before the functions, and notifications of new objects come last. When everything
 * is removed, it is removed in the opposite order; when one rule is removed, its replication rule stays until the next
 * change.
 */
export function sourceResources(context: StackContext): Resources {
  const { settings, plan } = context;
  const names = regionNames(plan.region);
  const source = nestedApplication(context, 'source.yaml', names.sends, {
    StackName: settings.stack_name,
    NamePrefix: resourceNamePrefix(settings.stack_name),
    ...sharedOutputs(plan.region),
    DeploymentRoleName: getAtt(names.region, 'Outputs.DeploymentRoleName'),
    LogLevel: settings.log_level,
    LogRetentionDays: settings.log_retention_days,
  });
  if (plan.outgoing.length === 0) return { [names.source]: source };
  return {
    [names.sourceChecks]: customResource(context, 'SourceChecks', names.sends, {
      Buckets: checkedBuckets(plan.outgoing.map((rule) => rule.source)),
    }),
    [names.prices]: customResource(context, 'Prices', names.sends, {
      TargetRegions: [...new Set(plan.outgoing.flatMap(archiveRegions))],
      ...(settings.prices === undefined ? {} : { OwnPrices: JSON.stringify(settings.prices) }),
      Revision: context.priceRevision,
    }),
    [names.source]: source,
    [names.replication]: replication(context),
    ...Object.fromEntries(
      (plan.fallback?.rules ?? []).map((each) => [
        names.ruleFallback(each.rule.id),
        ruleFallback(context, each, [names.replication]),
      ]),
    ),
    ...Object.fromEntries(plan.outgoing.map((rule) => [names.rule(rule.id), ruleApplication(context, rule)])),
    ...notifications(context),
    ...partResources(context),
    ...buildDashboard(context),
  };
}

function replication(context: StackContext): Yaml {
  const { settings, plan } = context;
  const names = regionNames(plan.region);
  const prefix = resourceNamePrefix(settings.stack_name);
  const rules = planReplication(plan);
  return customResource(
    context,
    'ReplicationRules',
    names.sends,
    {
      Repair: ref('Repair'),
      Bucket: getAtt(names.source, 'Outputs.OutboundBucket'),
      RoleArn: getAtt(names.source, 'Outputs.ReplicationRoleArn'),
      Destinations: [...new Set(rules.map(({ region }) => region))].map((region) => ({
        Region: region,
        Bucket: sub(`${prefix}-\${AWS::AccountId}-${region}-inbound`),
        ReplicaKmsKeyArn: sub(`arn:\${AWS::Partition}:kms:${region}:\${AWS::AccountId}:alias/${prefix}`),
      })),
      Rules: rules.map(({ region, ...rule }) => ({ ...rule, Region: region })),
    },
    // An archive may be sent to the region that it comes from.
    plan.incoming.length === 0 ? [] : [names.target],
  );
}

function ruleApplication(context: StackContext, rule: DeployedRule): Yaml {
  const { id, source, sizing } = rule;
  const { settings, plan } = context;
  const names = regionNames(plan.region);
  const parameters = {
    StackName: settings.stack_name,
    Name: ruleResourceName(settings.stack_name, id),
    RuleId: id,
    SourceBucket: source.bucket,
    SourcePrefix: ruleDimensions({ source }).SourcePrefix,
    SourceObjects: keyPattern(source.prefix, source.suffix),
    ...(source.kmsKeyArn === undefined ? {} : { SourceKeyArn: source.kmsKeyArn }),
    ...eventBridge(rule),
    OutboundBucket: getAtt(names.source, 'Outputs.OutboundBucket'),
    ProgressBucket: getAtt(names.source, 'Outputs.ProgressBucket'),
    StatisticsTable: getAtt(names.source, 'Outputs.StatisticsTable'),
    ...sharedOutputs(plan.region),
    ...ownPrincipals(context),
    Prices: getAtt(names.prices, 'Prices'),
    MemorySize: sizing.functionMemoryMegabytes,
    Timeout: sizing.functionTimeoutSeconds,
    VisibilityTimeout: sizing.visibilitySeconds,
    BatchSize: sizing.batchSize,
    BatchWindow: sizing.batchWindowSeconds,
    MaximumConcurrency: sizing.maximumConcurrency,
    LogLevel: settings.log_level,
    LogRetentionDays: settings.log_retention_days,
    ...(sizing.fallback === undefined ? {} : fallbackOutputs(names.ruleFallback(id))),
  };
  return nestedApplication(context, 'rule.yaml', names.sends, parameters, [names.sourceChecks, names.replication]);
}

function isNotified({ events }: DeployedRule): boolean {
  return events === 'notification';
}

/** The resources that make EventBridge fill the rule's queue. */
function eventBridge({ source, destinations, events, draining }: DeployedRule): YamlObject {
  if (events !== 'eventbridge' || draining) return {};
  return {
    TakesEventBridge: 'yes',
    ...(replicatesDeletes({ destinations }) ? { TakesDeletions: 'yes' } : {}),
    ...(source.prefix === '' ? {} : { KeyPrefix: source.prefix }),
    ...(source.suffix === '' ? {} : { KeySuffix: source.suffix }),
  };
}

/** Empty for a rule that does not replicate deletions. */
function notifiedDeletions(rule: Pick<DeployedRule, 'source' | 'destinations'>): YamlObject {
  const Deletions = reportedDeletionKinds(rule);
  return Deletions === undefined ? {} : { Deletions };
}

/**
 * One resource per bucket, with the entries of all its rules: two resources could undo each other's. A draining rule
 * has no entry.
 */
function notifications(context: StackContext): Resources {
  const { settings, plan } = context;
  const names = regionNames(plan.region);
  const taking = plan.outgoing.filter(({ draining }) => !draining);
  const byBucket = Map.groupBy(taking, ({ source }) => source.bucket);
  const entries = [...byBucket].map(([bucket, rules]): [string, Yaml] => [
    names.notification(bucket),
    customResource(
      context,
      'BucketNotification',
      names.sends,
      {
        Repair: ref('Repair'),
        Bucket: bucket,
        Notifications: rules.filter(isNotified).map(({ id, source, destinations }) => ({
          Id: ruleResourceName(settings.stack_name, id),
          QueueArn: getAtt(names.rule(id), 'Outputs.QueueArn'),
          ...(source.prefix === '' ? {} : { Prefix: source.prefix }),
          ...(source.suffix === '' ? {} : { Suffix: source.suffix }),
          ...notifiedDeletions({ source, destinations }),
        })),
        ...(rules.every(isNotified) ? {} : { EventBridge: true }),
      },
      // Rules whose queue is not named above.
      rules.filter((rule) => !isNotified(rule)).map(({ id }) => names.rule(id)),
    ),
  ]);
  return Object.fromEntries(entries);
}
