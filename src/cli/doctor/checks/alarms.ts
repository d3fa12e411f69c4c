import { type MetricAlarm, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { resourceNamePrefix } from '../../../configuration/schema/resource-names.ts';
import type { RegionPlan } from '../../../templates/plan-regions.ts';
import { deployedNames } from '../../command/deployed-names.ts';
import type { CheckContext, CheckGroup } from '../check.ts';
import { type Diagnosis, failure, ok, warning } from '../diagnosis.ts';

/** Alarms by which the fallback scales: they regularly turn on and off. */
const SCALING = /-fallback-(backlog|idle)$/;
/** Alarms that are not named after a function or queue. A test compares them with src/templates/alarms.ts. */
export const REGIONAL_ALARMS = ['archives-given-up', 'archives-unreplicated', 'failed-tasks', 'notifications-missing'];
const RUNBOOK = /docs\/operations\.md#[\w-]+/;

/** Checks which alarms are on, and which lack data. */
export const ALARM_CHECKS: CheckGroup = {
  name: 'alarms',
  title: 'Alarms',
  checksOf: (context) =>
    context.plans.map((plan) => ({
      subject: `alarms (${plan.region})`,
      takes: 'cloudwatch:DescribeAlarms',
      run: (signal) => context.deployments.whenDeployed(plan.region, () => checkRegion(plan, context, signal)),
    })),
};

async function checkRegion(plan: RegionPlan, context: CheckContext, abortSignal: AbortSignal): Promise<Diagnosis[]> {
  const { region } = plan;
  const subject = `alarms (${region})`;
  const alarms = (await listAlarms(plan, context, abortSignal)).filter(
    ({ AlarmName = '' }) => !SCALING.test(AlarmName),
  );
  if (alarms.length === 0) return [await context.deployments.missing(region, subject)];
  const on = alarms.filter(({ StateValue }) => StateValue === 'ALARM');
  const mute = alarms.filter(({ ActionsEnabled }) => ActionsEnabled === false);
  return [
    ...on.map((alarm) => describeAlarm(alarm, region)),
    ...mute.map(({ AlarmName = '' }) =>
      warning(
        `${AlarmName} (${region})`,
        'Its actions are disabled: nobody is notified when it goes off.',
        `aws cloudwatch enable-alarm-actions --region ${region} --alarm-names ${AlarmName}`,
      ),
    ),
    ...(on.length === 0 ? [ok(subject, `None of ${alarms.length} is on.`)] : []),
  ];
}

/** Only those of this deployment: another one may have a name with the same prefix. */
async function listAlarms(
  plan: RegionPlan,
  { clients, configuration }: CheckContext,
  abortSignal: AbortSignal,
): Promise<MetricAlarm[]> {
  const prefix = resourceNamePrefix(configuration.settings.stack_name);
  const { functions, queues } = deployedNames(configuration, plan);
  const owners = [
    ...[...functions, ...queues].map(({ name }) => name),
    ...REGIONAL_ALARMS.map((name) => `${prefix}-${name}`),
  ];
  const alarms: MetricAlarm[] = [];
  const pages = paginateDescribeAlarms(
    { client: clients.cloudWatch(plan.region) },
    { AlarmNamePrefix: `${prefix}-`, AlarmTypes: ['MetricAlarm'] },
    { abortSignal },
  );
  for await (const { MetricAlarms = [] } of pages) {
    alarms.push(...MetricAlarms.filter(({ AlarmName = '' }) => owners.some((owner) => AlarmName.startsWith(owner))));
  }
  return alarms;
}

function describeAlarm(
  { AlarmName = '', AlarmDescription = '', StateReason = '' }: MetricAlarm,
  region: string,
): Diagnosis {
  const runbook = RUNBOOK.exec(AlarmDescription)?.[0] ?? 'docs/operations.md';
  const what = AlarmDescription.replace(/\. Runbook: .*$/, '');
  const says = `Is on${what === '' ? '' : `: ${what}`}.${StateReason === '' ? '' : ` ${StateReason}`}`;
  return failure(`${AlarmName} (${region})`, says, `follow ${runbook}`);
}
