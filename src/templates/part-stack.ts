import { resourceNamePrefix } from '../configuration/schema/resource-names.ts';
import { regionNames } from './region-names.ts';
import { managedPolicies, nestedApplication, type Resources, type StackContext } from './sam-calls.ts';
import { getAtt, type Yaml, type YamlObject } from './yaml.ts';

/**
 * The stack of a part of the sending side, `src/stacks/<name>.yaml`, and what its role may do with the users' buckets.
 * @param parameters of the stack besides those that all of them have
 * @param documents statements of one managed policy each
 */
export function partStack(
  context: StackContext,
  name: string,
  parameters: YamlObject,
  documents: readonly Yaml[],
): Resources {
  const { settings, plan } = context;
  const names = regionNames(plan.region);
  return {
    [names.part(name)]: nestedApplication(context, `${name}.yaml`, names.sends, {
      StackName: settings.stack_name,
      NamePrefix: resourceNamePrefix(settings.stack_name),
      KeyArn: getAtt(names.region, 'Outputs.KeyArn'),
      ...parameters,
      LogLevel: settings.log_level,
      LogRetentionDays: settings.log_retention_days,
    }),
    ...managedPolicies(
      context,
      names.partAccess(name),
      documents,
      [getAtt(names.part(name), 'Outputs.RoleName')],
      names.sends,
    ),
  };
}
