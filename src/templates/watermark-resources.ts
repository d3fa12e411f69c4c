import { watermarkAccess } from './access-policies.ts';
import { ROUTE_ALARMS } from './alarms.ts';
import { partStack } from './part-stack.ts';
import { archiveRegions } from './plan-regions.ts';
import { regionNames } from './region-names.ts';
import { alarm, type Resources, type StackContext } from './sam-calls.ts';
import { getAtt } from './yaml.ts';

/** The function that determines the watermarks, and their alarms. */
export function watermarkResources(context: StackContext): Resources {
  const { settings, plan } = context;
  const names = regionNames(plan.region);
  const parameters = {
    AlarmTopicArn: getAtt(names.region, 'Outputs.AlarmTopicArn'),
    OutboundBucket: getAtt(names.source, 'Outputs.OutboundBucket'),
  };
  return {
    ...partStack(context, 'watermark', parameters, watermarkAccess(plan)),
    ...Object.fromEntries(
      plan.outgoing.flatMap((rule) =>
        archiveRegions(rule).flatMap((region) =>
          ROUTE_ALARMS.map((row) => alarm(context, row(settings.stack_name, rule, region))),
        ),
      ),
    ),
  };
}
