import { resourceNamePrefix } from '../configuration/schema/resource-names.ts';
import { watermarkAccess } from './access-policies.ts';
import { ROUTE_ALARMS } from './alarms.ts';
import { archiveRegions } from './plan-regions.ts';
import { regionNames } from './region-names.ts';
import { sharedOutputs } from './region-resources.ts';
import { alarm, application, policies, type Resources, type StackContext } from './sam-calls.ts';
import { getAtt } from './yaml.ts';

/** The function that determines the watermarks, and their alarms. */
export function watermarkResources(context: StackContext): Resources {
  const { settings, plan } = context;
  const names = regionNames(plan.region);
  return {
    [names.part('watermark')]: application(context, 'watermark.yaml', names.sends, {
      StackName: settings.stack_name,
      NamePrefix: resourceNamePrefix(settings.stack_name),
      ...sharedOutputs(plan.region),
      OutboundBucket: getAtt(names.source, 'Outputs.OutboundBucket'),
      LogLevel: settings.log_level,
      LogRetentionDays: settings.log_retention_days,
    }),
    ...policies(
      context,
      names.watermarkAccess,
      watermarkAccess(plan),
      [getAtt(names.part('watermark'), 'Outputs.RoleName')],
      names.sends,
    ),
    ...Object.fromEntries(
      plan.outgoing.flatMap((rule) =>
        archiveRegions(rule).flatMap((region) =>
          ROUTE_ALARMS.map((row) => alarm(context, row(settings.stack_name, rule, region))),
        ),
      ),
    ),
  };
}
