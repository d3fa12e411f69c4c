import { createHash } from 'node:crypto';
import { resourceNamePrefix } from '../configuration/schema/resource-names.ts';
import type { SettingsFile } from '../configuration/schema/schema.ts';
import { deploymentAccess } from './access-policies.ts';
import { logicalName } from './logical-name.ts';
import type { RegionPlan } from './plan-regions.ts';
import { getAtt, type Yaml, type YamlObject } from './yaml.ts';

/**
 * Seconds after which CloudFormation gives up on a custom resource, instead of an hour: the function's own 300 and, for a
 * function that is throttled or cannot start, a few of Lambda's retries.
 */
const SERVICE_TIMEOUT = 900;

/** By logical id. */
export type Resources = YamlObject;

export interface StackContext {
  readonly settings: SettingsFile;
  readonly plan: RegionPlan;
  /** Of all regions: a dashboard looks into those that its region sends to. */
  readonly plans: readonly RegionPlan[];
  /** Folder of the nested templates, relative to the root template. */
  readonly stacks: string;
  /** A new one has the prices read anew. */
  readonly priceRevision: string;
}

/** Logical ids of one region; the same words with the region's name behind them. */
export function regionNames(region: string) {
  const suffix = logicalName(region);
  return {
    here: `In${suffix}`,
    sends: `SendsFrom${suffix}`,
    region: `Region${suffix}`,
    // By what it allows: with a bucket's rule its notification goes, and CloudFormation deletes that after it has changed all that
    // changes. A policy that were changed would then allow it no more; one that is replaced goes after what depends on it.
    deploymentAccess: (statements: Yaml) => `DeploymentAccess${shortHash(JSON.stringify(statements))}${suffix}`,
    network: `Network${suffix}`,
    endpoints: `Endpoints${suffix}`,
    cluster: `Cluster${suffix}`,
    target: `Target${suffix}`,
    targetFallback: `TargetFallback${suffix}`,
    targetAccess: (index: number) => `TargetAccess${index + 1}${suffix}`,
    targetChecks: `TargetChecks${suffix}`,
    /** An output. */
    inboundBucket: `InboundBucket${suffix}`,
    source: `Source${suffix}`,
    sourceChecks: `SourceChecks${suffix}`,
    prices: `Prices${suffix}`,
    replication: `Replication${suffix}`,
    rule: (id: string) => `Rule${logicalName(id)}`,
    ruleFallback: (id: string) => `Fallback${logicalName(id)}`,
    dashboard: `Dashboard${suffix}`,
    watermark: `Watermark${suffix}`,
    watermarkAlarm: (id: string, region: string) => `Watermark${logicalName(id)}${logicalName(region)}`,
    notification: (bucket: string) => `Notification${suffix}${logicalName(bucket)}${shortHash(bucket)}`,
    subscription: (address: string) => `AlarmMail${suffix}${shortHash(address)}`,
  };
}

/** A nested application out of src/stacks. */
export function application(
  { stacks }: StackContext,
  file: string,
  condition: string,
  parameters: YamlObject,
  dependsOn: readonly string[] = [],
): Yaml {
  return {
    Type: 'AWS::Serverless::Application',
    Condition: condition,
    ...(dependsOn.length === 0 ? {} : { DependsOn: dependsOn }),
    Properties: { Location: `${stacks}/${file}`, Parameters: parameters },
  };
}

/** A resource that the deployment function of the region answers for, see src/deployment/resource-properties.ts. */
export function customResource(
  { plan }: StackContext,
  kind: string,
  condition: string,
  properties: YamlObject,
  dependsOn: readonly string[] = [],
): Yaml {
  return {
    Type: `Custom::${kind}`,
    Condition: condition,
    DependsOn: [...accessNames(plan), ...dependsOn],
    Properties: {
      ServiceToken: getAtt(regionNames(plan.region).region, 'Outputs.DeploymentFunctionArn'),
      ServiceTimeout: SERVICE_TIMEOUT,
      ...properties,
    },
  };
}

/** The key, the topic with its readers, the deployment function and what it may touch. */
export function sharedResources(context: StackContext): Resources {
  const { settings, plan } = context;
  const names = regionNames(plan.region);
  const subscriptions = settings.notification_emails.map((address): [string, Yaml] => [
    names.subscription(address),
    {
      Type: 'AWS::SNS::Subscription',
      Condition: names.here,
      Properties: {
        TopicArn: getAtt(names.region, 'Outputs.AlarmTopicArn'),
        Protocol: 'email',
        Endpoint: address,
      },
    },
  ]);
  return {
    [names.region]: application(context, 'region.yaml', names.here, {
      StackName: settings.stack_name,
      NamePrefix: resourceNamePrefix(settings.stack_name),
      LogRetentionDays: settings.log_retention_days,
    }),
    ...Object.fromEntries(subscriptions),
    ...policies(context, (_, statements) => names.deploymentAccess(statements), deploymentAccess(plan), [
      getAtt(names.region, 'Outputs.DeploymentRoleName'),
    ]),
  };
}

/** Parameters that every stack of a region gets from region.yaml. */
export function sharedOutputs(region: string): YamlObject {
  const names = regionNames(region);
  return {
    KeyArn: getAtt(names.region, 'Outputs.KeyArn'),
    AlarmTopicArn: getAtt(names.region, 'Outputs.AlarmTopicArn'),
  };
}

/** Each bucket once a key. */
export function checkedBuckets(entries: readonly { readonly bucket: string; readonly kmsKeyArn?: string }[]): Yaml {
  const pairs = new Map(entries.map(({ bucket, kmsKeyArn = '' }) => [`${bucket} ${kmsKeyArn}`, { bucket, kmsKeyArn }]));
  return [...pairs.values()].map(({ bucket, kmsKeyArn }) => ({
    Bucket: bucket,
    ...(kmsKeyArn === '' ? {} : { KmsKeyArn: kmsKeyArn }),
  }));
}

function accessNames(plan: RegionPlan): string[] {
  return deploymentAccess(plan).map((statements) => regionNames(plan.region).deploymentAccess(statements));
}

/** Managed policies for what the users' buckets need, each on all of the roles. */
export function policies(
  { settings, plan }: StackContext,
  name: (index: number, statements: Yaml) => string,
  documents: readonly Yaml[],
  roles: readonly Yaml[],
): YamlObject {
  const entries = documents.map((statements, index): [string, Yaml] => [
    name(index, statements),
    {
      Type: 'AWS::IAM::ManagedPolicy',
      Condition: regionNames(plan.region).here,
      Properties: {
        Description: `Buckets of the rules of ${settings.stack_name} in ${plan.region}`,
        Roles: roles,
        PolicyDocument: { Version: '2012-10-17', Statement: statements },
      },
    },
  ]);
  return Object.fromEntries(entries);
}

/** Keeps `a.b` and `a-b` apart, since logical ids know neither character, and does not move when others are added. */
function shortHash(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 8);
}
