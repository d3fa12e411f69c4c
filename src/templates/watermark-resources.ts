import { ruleDimensions } from '../configuration/metric-dimensions.ts';
import { resourceNamePrefix, ruleResourceName } from '../configuration/schema/resource-names.ts';
import { watermarkAccess } from './access-policies.ts';
import { alarmProperties } from './alarm.ts';
import { archiveRegions } from './plan-regions.ts';
import { regionNames } from './region-names.ts';
import { sharedOutputs } from './region-resources.ts';
import { application, policies, type Resources, type StackContext } from './sam-calls.ts';
import { getAtt, type Yaml } from './yaml.ts';

/** The watermark is taken every five minutes; three failures in a row are more than a hiccup. */
const PERIOD = 300;
const PERIODS = 3;

/** The function that takes the watermarks, and their alarms. */
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
    ...alarms(context),
  };
}

/** One per rule and target region. Not in rule.yaml, which does not know the number of regions. */
function alarms({ settings, plan }: StackContext): Resources {
  const names = regionNames(plan.region);
  const topic = getAtt(names.region, 'Outputs.AlarmTopicArn');
  const entries = plan.outgoing.flatMap((rule) =>
    archiveRegions(rule).map((region): [string, Yaml] => [
      names.watermarkAlarm(rule.id, region),
      {
        Type: 'AWS::CloudWatch::Alarm',
        Condition: names.sends,
        Properties: alarmProperties({
          name: `${ruleResourceName(settings.stack_name, rule.id)}-watermark-${region}`,
          says: `Objects of ${rule.source.bucket} arrive in ${region} too late`,
          metric: {
            namespace: settings.stack_name,
            name: 'WatermarkAgeSeconds',
            dimensions: { ...ruleDimensions(rule), TargetRegion: region },
            statistic: 'Maximum',
            period: PERIOD,
          },
          threshold: rule.objectiveSeconds,
          periods: PERIODS,
          runbook: 'watermark',
          // Missing data is unknown; the alarm on the watermark function's errors gives the reason.
          missing: 'missing',
          topic,
        }),
      },
    ]),
  );
  return Object.fromEntries(entries);
}
