import type { SettingsFile } from '../configuration/schema/schema.ts';
import { deploymentAccess } from './access-policies.ts';
import { type AlarmRow, alarmProperties } from './alarm.ts';
import type { RegionPlan } from './plan-regions.ts';
import { regionNames } from './region-names.ts';
import { getAtt, type Yaml, type YamlObject } from './yaml.ts';

/**
 * Seconds after which CloudFormation gives up on a custom resource, instead of an hour: the function's own 300 and, for a
 * function that is throttled or cannot start, a few of Lambda's retries.
 */
const SERVICE_TIMEOUT = 900;

/** Resources by logical id. */
export type Resources = YamlObject;

export interface StackContext {
  readonly settings: SettingsFile;
  readonly plan: RegionPlan;
  /** Plans of all regions: a dashboard also shows the regions that its own sends to. */
  readonly plans: readonly RegionPlan[];
  /** Folder of the nested templates, relative to the root template. */
  readonly stacks: string;
  /** A new value causes the prices to be read again. */
  readonly priceRevision: string;
}

/** A nested application from src/stacks. */
export function nestedApplication(
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

/** A custom resource served by the deployment function of the region, see src/deployment/resource-properties.ts. */
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

function accessNames(plan: RegionPlan): string[] {
  return deploymentAccess(plan).map((statements) => regionNames(plan.region).deploymentAccess(statements));
}

/** An alarm of the root template, as an entry of its resources. */
export function alarm({ plan }: StackContext, { id, ...row }: AlarmRow): [string, Yaml] {
  const names = regionNames(plan.region);
  const topic = getAtt(names.region, 'Outputs.AlarmTopicArn');
  return [
    id,
    { Type: 'AWS::CloudWatch::Alarm', Condition: names.sends, Properties: alarmProperties({ ...row, topic }) },
  ];
}

/** Each pair of bucket and key once. */
export function checkedBuckets(entries: readonly { readonly bucket: string; readonly kmsKeyArn?: string }[]): Yaml {
  const pairs = new Map(entries.map(({ bucket, kmsKeyArn = '' }) => [`${bucket} ${kmsKeyArn}`, { bucket, kmsKeyArn }]));
  return [...pairs.values()].map(({ bucket, kmsKeyArn }) => ({
    Bucket: bucket,
    ...(kmsKeyArn === '' ? {} : { KmsKeyArn: kmsKeyArn }),
  }));
}

/** Managed policies for the users' buckets, each attached to all of the roles. */
export function managedPolicies(
  { settings, plan }: StackContext,
  name: (index: number, statements: Yaml) => string,
  documents: readonly Yaml[],
  roles: readonly Yaml[],
  condition = regionNames(plan.region).here,
): YamlObject {
  const entries = documents.map((statements, index): [string, Yaml] => [
    name(index, statements),
    {
      Type: 'AWS::IAM::ManagedPolicy',
      Condition: condition,
      Properties: {
        Description: `Buckets of the rules of ${settings.stack_name} in ${plan.region}`,
        Roles: roles,
        PolicyDocument: { Version: '2012-10-17', Statement: statements },
      },
    },
  ]);
  return Object.fromEntries(entries);
}
