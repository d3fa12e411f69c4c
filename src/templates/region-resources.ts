import { resourceNamePrefix } from '../configuration/schema/resource-names.ts';
import { deploymentAccess } from './access-policies.ts';
import { regionNames } from './region-names.ts';
import { managedPolicies, nestedApplication, type Resources, type StackContext } from './sam-calls.ts';
import { getAtt, type Yaml, type YamlObject } from './yaml.ts';

/** The key, the topic with its subscribers, and the deployment function with its permissions. */
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
    [names.region]: nestedApplication(context, 'region.yaml', names.here, {
      StackName: settings.stack_name,
      NamePrefix: resourceNamePrefix(settings.stack_name),
      LogRetentionDays: settings.log_retention_days,
    }),
    ...Object.fromEntries(subscriptions),
    ...managedPolicies(context, (_, statements) => names.deploymentAccess(statements), deploymentAccess(plan), [
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
