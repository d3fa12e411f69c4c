import type { FallbackSizing } from '../configuration/deployed-rule.ts';
import { resourceNamePrefix, ruleResourceName } from '../configuration/schema/resource-names.ts';
import type { FallbackRule } from './plan-fallback.ts';
import { remembersDeletions } from './plan-regions.ts';
import { regionNames } from './region-names.ts';
import { sharedOutputs } from './region-resources.ts';
import { nestedApplication, type Resources, type StackContext } from './sam-calls.ts';
import { getAtt, sub, type Yaml, type YamlObject } from './yaml.ts';

/**
 * The resources that a region's fallback services share, and the service for everything that arrives; empty if no rule
 * has a fallback.
 */
export function fallbackResources(context: StackContext): Resources {
  const { settings, plan } = context;
  if (plan.fallback === undefined) return {};
  const { vpcCidr, subnetCidrs, network, arriving } = plan.fallback;
  const names = regionNames(plan.region);
  const prefix = resourceNamePrefix(settings.stack_name);
  const isolated = nestedApplication(context, 'endpoints.yaml', names.here, {
    StackName: settings.stack_name,
    NamePrefix: prefix,
    Vpc: getAtt(names.network, 'Outputs.Vpc'),
    Subnets: getAtt(names.network, 'Outputs.Subnets'),
    TaskSecurityGroup: getAtt(names.network, 'Outputs.SecurityGroup'),
  });
  return {
    [names.network]: nestedApplication(context, 'network.yaml', names.here, {
      NamePrefix: prefix,
      VpcCidr: vpcCidr,
      SubnetCidrs: subnetCidrs.join(','),
      Zones: subnetCidrs.length,
      Kind: network,
    }),
    ...(network === 'isolated' ? { [names.endpoints]: isolated } : {}),
    [names.cluster]: nestedApplication(context, 'cluster.yaml', names.here, {
      StackName: settings.stack_name,
      NamePrefix: prefix,
      ...sharedOutputs(plan.region),
      DeploymentFunctionArn: getAtt(names.region, 'Outputs.DeploymentFunctionArn'),
      DeploymentFunctionVersionArn: getAtt(names.region, 'Outputs.DeploymentFunctionVersionArn'),
      DeploymentRoleName: getAtt(names.region, 'Outputs.DeploymentRoleName'),
      LogRetentionDays: settings.log_retention_days,
    }),
    ...(arriving === undefined ? {} : { [names.targetFallback]: targetFallback(context, arriving) }),
  };
}

/** The service of one rule. @param dependsOn resources that must outlive it */
export function ruleFallback(
  context: StackContext,
  { rule, fallback }: FallbackRule,
  dependsOn: readonly string[],
): Yaml {
  const { settings, plan } = context;
  const names = regionNames(plan.region);
  const own = {
    Name: ruleResourceName(settings.stack_name, rule.id),
    Side: 'source',
    LogGroup: `/${settings.stack_name}/rules/${rule.id}/fallback`,
    RuleId: rule.id,
    OutboundBucket: getAtt(names.source, 'Outputs.OutboundBucket'),
    ProgressBucket: getAtt(names.source, 'Outputs.ProgressBucket'),
    StatisticsTable: getAtt(names.source, 'Outputs.StatisticsTable'),
    ...ownPrincipals(context),
    Prices: getAtt(names.prices, 'Prices'),
  };
  return fallbackApplication(context, names.sends, fallback, own, dependsOn);
}

/** Parameters of the stack whose function sends to a fallback. */
export function fallbackOutputs(stack: string): YamlObject {
  return {
    FallbackQueueUrl: getAtt(stack, 'Outputs.QueueUrl'),
    FallbackQueueArn: getAtt(stack, 'Outputs.QueueArn'),
    FallbackService: getAtt(stack, 'Outputs.Service'),
    FallbackRoleName: getAtt(stack, 'Outputs.RoleName'),
  };
}

/** Roles that restore objects in the region: rules of the region do not pack objects that these have written. */
export function ownPrincipals({ plan }: StackContext): YamlObject {
  if (!plan.settings.source_target.includes('target')) return {};
  const names = regionNames(plan.region);
  const ownRole = 'Outputs.RoleId';
  if (plan.fallback?.arriving === undefined) return { OwnPrincipals: getAtt(names.target, ownRole) };
  return { OwnPrincipals: sub(`\${${names.target}.${ownRole}},\${${names.targetFallback}.${ownRole}}`) };
}

function targetFallback(context: StackContext, sizing: FallbackSizing): Yaml {
  const { settings, plan } = context;
  const prefix = resourceNamePrefix(settings.stack_name);
  return fallbackApplication(context, regionNames(plan.region).here, sizing, {
    Name: `${prefix}-target`,
    Side: 'target',
    LogGroup: `/${settings.stack_name}/target/fallback`,
    // Referred to by name, since the stack that creates it waits for this one.
    InboundBucket: sub(`${prefix}-\${AWS::AccountId}-${plan.region}-inbound`),
    ...(remembersDeletions(plan) ? { DeletionsTable: `${prefix}-deletions` } : {}),
  });
}

function fallbackApplication(
  context: StackContext,
  condition: string,
  { cpu, memoryMebibytes, maximumTasks, backlogPerTask, onDemandPercent }: FallbackSizing,
  own: YamlObject,
  dependsOn: readonly string[] = [],
): Yaml {
  const { settings, plan } = context;
  const names = regionNames(plan.region);
  const parameters = {
    ...own,
    ...sharedOutputs(plan.region),
    Cluster: getAtt(names.cluster, 'Outputs.Cluster'),
    Image: getAtt(names.cluster, 'Outputs.Image'),
    ExecutionRoleArn: getAtt(names.cluster, 'Outputs.ExecutionRoleArn'),
    Subnets: getAtt(names.network, 'Outputs.Subnets'),
    SecurityGroup: getAtt(names.network, 'Outputs.SecurityGroup'),
    PublicAddress: getAtt(names.network, 'Outputs.PublicAddress'),
    Cpu: cpu,
    Memory: memoryMebibytes,
    MaximumTasks: maximumTasks,
    BacklogPerTask: backlogPerTask,
    OnDemandWeight: onDemandPercent,
    SpotWeight: 100 - onDemandPercent,
    LogLevel: settings.log_level,
    LogRetentionDays: settings.log_retention_days,
  };
  return nestedApplication(context, 'fallback.yaml', condition, parameters, dependsOn);
}
