import { createHash } from 'node:crypto';
import type { DeployedRule, VerifyInterval } from '../configuration/deployed-rule.ts';
import { ruleResourceName } from '../configuration/schema/resource-names.ts';
import { verifyAccess } from './access-policies.ts';
import { VERIFY_ALARMS } from './alarms.ts';
import { partStack } from './part-stack.ts';
import { regionNames } from './region-names.ts';
import { alarm, type Resources, type StackContext } from './sam-calls.ts';
import { getAtt, type Yaml } from './yaml.ts';

/** Verifications start between one and five o'clock, UTC. */
const FIRST_HOUR = 1;
const HOURS = 4;
const MINUTES_PER_HOUR = 60;

/** Day of the month, month and day of the week, as EventBridge has them. */
const DAYS: Readonly<Record<VerifyInterval, string>> = {
  daily: '* * ? *',
  weekly: '? * SUN *',
};

/** The state machine that verifies rules, a schedule per rule with `verify`, and alarms on the schedule and on the results. */
export function verifyResources(context: StackContext): Resources {
  const { settings, plan, plans } = context;
  const verified = plan.outgoing.filter(({ verify }) => verify !== undefined);
  const names = regionNames(plan.region);
  const parameters = {
    AlarmTopicArn: getAtt(names.region, 'Outputs.AlarmTopicArn'),
    ProgressBucket: getAtt(names.source, 'Outputs.ProgressBucket'),
    OutboundBucket: getAtt(names.source, 'Outputs.OutboundBucket'),
  };
  return {
    ...partStack(context, 'verify', parameters, verifyAccess(plan, plans)),
    ...Object.fromEntries(
      verified.flatMap((rule) => [
        [names.verifySchedule(rule.id), schedule(context, rule)],
        ...VERIFY_ALARMS.map((row) => alarm(context, row(settings.stack_name, rule))),
      ]),
    ),
  };
}

function schedule({ settings, plan }: StackContext, rule: DeployedRule): Yaml {
  const names = regionNames(plan.region);
  return {
    Type: 'AWS::Events::Rule',
    Condition: names.sends,
    Properties: {
      Name: `${ruleResourceName(settings.stack_name, rule.id)}-verify`,
      Description: `Verifies the destinations of ${rule.source.bucket}`,
      ScheduleExpression: scheduleOf(rule.id, rule.verify ?? 'weekly'),
      Targets: [
        {
          Id: 'verify',
          Arn: getAtt(names.part('verify'), 'Outputs.StateMachineArn'),
          RoleArn: getAtt(names.part('verify'), 'Outputs.ScheduleRoleArn'),
          Input: JSON.stringify({ rule: rule.id }),
        },
      ],
    },
  };
}

/** The minute is fixed for a rule, but differs between rules. */
export function scheduleOf(rule: string, interval: VerifyInterval): string {
  const minutes = createHash('sha256').update(rule).digest().readUInt32BE(0) % (HOURS * MINUTES_PER_HOUR);
  const hour = FIRST_HOUR + Math.floor(minutes / MINUTES_PER_HOUR);
  return `cron(${minutes % MINUTES_PER_HOUR} ${hour} ${DAYS[interval]})`;
}
