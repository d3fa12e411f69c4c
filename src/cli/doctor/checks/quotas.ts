import { GetAccountSettingsCommand } from '@aws-sdk/client-lambda';
import { GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas';
import type { FallbackSizing } from '../../../configuration/deployed-rule.ts';
import type { RegionPlan } from '../../../templates/plan-regions.ts';
import { neededConcurrency } from '../../deploy/describe-deployment.ts';
import { bucketQuotaCheck } from '../bucket-quota.ts';
import type { Check, CheckContext, CheckGroup } from '../check.ts';
import { type Diagnosis, notChecked, ok, warning } from '../diagnosis.ts';

const CPU_UNITS_PER_VCPU = 1024;
/** Service Quotas, AWS Fargate: "Fargate On-Demand vCPU resource count" and "Fargate Spot vCPU resource count". */
const FARGATE_QUOTAS = { 'on-demand': 'L-3032A538', Spot: 'L-36FBB829' } as const;
type Capacity = keyof typeof FARGATE_QUOTAS;

/** Checks that the account's quotas allow the concurrency and the buckets that the configuration requires. */
export const QUOTA_CHECKS: CheckGroup = {
  name: 'quotas',
  title: 'Quotas',
  checksOf: (context) => [
    ...context.plans.flatMap((plan) => [lambdaCheck(plan, context), ...fargateChecks(plan, context)]),
    bucketQuotaCheck(context),
  ],
};

function lambdaCheck(plan: RegionPlan, { clients }: CheckContext): Check {
  const { region } = plan;
  const subject = `Lambda concurrency (${region})`;
  const run = async (abortSignal: AbortSignal): Promise<Diagnosis[]> => {
    const { AccountLimit } = await clients.lambda(region).send(new GetAccountSettingsCommand({}), { abortSignal });
    const [needed, quota] = [neededConcurrency(plan), AccountLimit?.ConcurrentExecutions];
    if (quota === undefined) return [notChecked(subject, 'Lambda did not return the quota.')];
    const says = `The functions may use ${needed} concurrent executions; the account allows ${quota}.`;
    if (needed <= quota) return [ok(subject, says)];
    const fix = `aws service-quotas request-service-quota-increase --region ${region} --service-code lambda --quota-code L-B99A9384 --desired-value ${needed}`;
    return [warning(subject, `${says} They will be throttled. A lower scaling_limit also fixes this.`, fix)];
  };
  return { subject, takes: 'lambda:GetAccountSettings', run };
}

/** Empty if no rule has a fallback. */
function fargateChecks({ region, fallback }: RegionPlan, { clients }: CheckContext): Check[] {
  if (fallback === undefined) return [];
  const sizings = [
    ...fallback.rules.map((rule) => rule.fallback),
    ...(fallback.arriving === undefined ? [] : [fallback.arriving]),
  ];
  return (['on-demand', 'Spot'] as const).flatMap((capacity) => {
    const needed = neededVcpus(sizings, capacity);
    if (needed === 0) return [];
    const subject = `Fargate ${capacity} vCPUs (${region})`;
    const QuotaCode = FARGATE_QUOTAS[capacity];
    const run = async (abortSignal: AbortSignal): Promise<Diagnosis[]> => {
      const command = new GetServiceQuotaCommand({ ServiceCode: 'fargate', QuotaCode });
      const { Quota } = await clients.serviceQuotas(region).send(command, { abortSignal });
      if (Quota?.Value === undefined) return [notChecked(subject, 'Service Quotas did not return the quota.')];
      const says = `The fallback may use ${needed} vCPUs; the account allows ${Quota.Value}.`;
      if (needed <= Quota.Value) return [ok(subject, says)];
      const fix = `aws service-quotas request-service-quota-increase --region ${region} --service-code fargate --quota-code ${QuotaCode} --desired-value ${needed}`;
      return [warning(subject, says, fix)];
    };
    return [{ subject, takes: 'servicequotas:GetServiceQuota', run }];
  });
}

/** With every service at its maximum. Any percentage above 0 keeps the first task of a service on demand. */
export function neededVcpus(sizings: readonly FallbackSizing[], capacity: Capacity): number {
  const vcpus = sizings.map(({ cpu, maximumTasks, onDemandPercent }) => {
    const first = onDemandPercent > 0 ? 1 : 0;
    const onDemand = first + Math.ceil(((maximumTasks - first) * onDemandPercent) / 100);
    return ((capacity === 'Spot' ? maximumTasks - onDemand : onDemand) * cpu) / CPU_UNITS_PER_VCPU;
  });
  return vcpus.reduce((sum, each) => sum + each, 0);
}
