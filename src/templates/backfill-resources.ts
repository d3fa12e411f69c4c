import { resourceNamePrefix } from '../configuration/schema/resource-names.ts';
import { inventoryAccess } from './access-policies.ts';
import { regionNames } from './region-names.ts';
import { application, policies, type Resources, type StackContext } from './sam-calls.ts';
import { getAtt } from './yaml.ts';

/** The state machine that queues existing objects out of inventories, in a region that has buckets of them. */
export function backfillResources(context: StackContext): Resources {
  const { settings, plan } = context;
  if (plan.settings.inventory_buckets.length === 0) return {};
  const names = regionNames(plan.region);
  return {
    [names.part('backfill')]: application(context, 'backfill.yaml', names.sends, {
      StackName: settings.stack_name,
      NamePrefix: resourceNamePrefix(settings.stack_name),
      KeyArn: getAtt(names.region, 'Outputs.KeyArn'),
      ProgressBucket: getAtt(names.source, 'Outputs.ProgressBucket'),
      LogLevel: settings.log_level,
      LogRetentionDays: settings.log_retention_days,
    }),
    ...policies(
      context,
      names.backfillAccess,
      inventoryAccess(plan),
      [getAtt(names.part('backfill'), 'Outputs.RoleName')],
      names.sends,
    ),
  };
}
