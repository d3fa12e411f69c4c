import type { Vpc } from '@aws-sdk/client-ec2';
import { resourceNamePrefix } from '../../../configuration/schema/resource-names.ts';
import type { FallbackPlan } from '../../../templates/plan-fallback.ts';
import type { Check, CheckContext, CheckGroup } from '../check.ts';
import { type Diagnosis, failure, ok } from '../diagnosis.ts';
import { hasAllZones, judgeZones } from '../fargate-zones.ts';
import { readQuota } from '../read-quota.ts';

/** Service Quotas, Amazon VPC: "VPCs per Region". */
const VPC_QUOTA = { ServiceCode: 'vpc', QuotaCode: 'L-F678F1CE' };
/** The default, unless Service Quotas has another value. */
const DEFAULT_VPCS = 5;
/** Amazon CloudWatch Logs user guide, "CloudWatch Logs quotas": resource policies per region, which cannot be raised. */
const MAX_LOG_POLICIES = 10;

/**
 * Checks for problems that would prevent the creation of the fallback's network and cluster, or the start of its tasks.
 * Empty in regions without a fallback.
 */
export const FALLBACK_CHECKS: CheckGroup = {
  name: 'fallback',
  title: 'Quotas and zones of the fallback',
  checksOf: (context) =>
    context.plans.flatMap(({ region, fallback }) =>
      fallback === undefined
        ? []
        : [
            vpcCheck(region, context),
            ...(hasAllZones(region) ? [] : [zoneCheck(region, fallback, context)]),
            logPolicyCheck(region, context),
          ],
    ),
};

function vpcCheck(region: string, { clients, configuration }: CheckContext): Check {
  const subject = `VPCs (${region})`;
  const name = `${resourceNamePrefix(configuration.settings.stack_name)}-fallback`;
  const run = async (abortSignal: AbortSignal): Promise<Diagnosis[]> => {
    const { paginateDescribeVpcs } = await import('@aws-sdk/client-ec2');
    const vpcs: Vpc[] = [];
    for await (const page of paginateDescribeVpcs({ client: await clients.ec2(region) }, {}, { abortSignal })) {
      vpcs.push(...(page.Vpcs ?? []));
    }
    if (vpcs.some(({ Tags = [] }) => Tags.some(({ Key, Value }) => Key === 'Name' && Value === name))) {
      return [ok(subject, 'The VPC of the fallback exists.')];
    }
    return [
      judgeVpcs(subject, region, vpcs.length, await readQuota(clients.serviceQuotas(region), VPC_QUOTA, abortSignal)),
    ];
  };
  return { subject, takes: 'ec2:DescribeVpcs', run };
}

/** @param quota undefined if it cannot be read */
export function judgeVpcs(subject: string, region: string, vpcs: number, quota: number | undefined): Diagnosis {
  const most = quota ?? DEFAULT_VPCS;
  const allowed = `${most} VPCs${quota === undefined ? ' (the default)' : ''}`;
  const says = `The account has ${vpcs} of ${allowed}, and the fallback needs one more.`;
  if (vpcs < most) return ok(subject, says);
  return failure(
    subject,
    `${says} A deployment will fail.`,
    `aws service-quotas request-service-quota-increase --region ${region} --service-code ${VPC_QUOTA.ServiceCode} --quota-code ${VPC_QUOTA.QuotaCode} --desired-value ${most + 1}`,
  );
}

function zoneCheck(region: string, { subnetCidrs }: FallbackPlan, { clients }: CheckContext): Check {
  const subject = `Fargate zones (${region})`;
  const run = async (abortSignal: AbortSignal): Promise<Diagnosis[]> => {
    const { DescribeAvailabilityZonesCommand } = await import('@aws-sdk/client-ec2');
    const client = await clients.ec2(region);
    const { AvailabilityZones = [] } = await client.send(new DescribeAvailabilityZonesCommand({}), { abortSignal });
    // Fn::GetAZs does not return Local Zones and Wavelength Zones.
    const zones = AvailabilityZones.filter(({ ZoneType = 'availability-zone' }) => ZoneType === 'availability-zone');
    const named = zones.map(({ ZoneName = '', ZoneId = '' }) => ({ name: ZoneName, id: ZoneId }));
    return [judgeZones(subject, region, named, subnetCidrs.length)];
  };
  return { subject, takes: 'ec2:DescribeAvailabilityZones', run };
}

function logPolicyCheck(region: string, { clients, configuration }: CheckContext): Check {
  const subject = `resource policies of CloudWatch Logs (${region})`;
  const own = `${resourceNamePrefix(configuration.settings.stack_name)}-failed-tasks`;
  const run = async (abortSignal: AbortSignal): Promise<Diagnosis[]> => {
    const { DescribeResourcePoliciesCommand } = await import('@aws-sdk/client-cloudwatch-logs');
    const client = await clients.logs(region);
    const command = new DescribeResourcePoliciesCommand({});
    const { resourcePolicies = [] } = await client.send(command, { abortSignal });
    return [
      judgeLogPolicies(
        subject,
        region,
        resourcePolicies.map(({ policyName = '' }) => policyName),
        own,
      ),
    ];
  };
  return { subject, takes: 'logs:DescribeResourcePolicies', run };
}

/** @param own name of the policy that the fallback creates */
export function judgeLogPolicies(subject: string, region: string, names: readonly string[], own: string): Diagnosis {
  if (names.includes(own)) return ok(subject, 'The policy of the fallback exists.');
  const says = `The account has ${names.length} of ${MAX_LOG_POLICIES} policies, and the fallback needs one more.`;
  if (names.length < MAX_LOG_POLICIES) return ok(subject, says);
  return failure(
    subject,
    `${says} A deployment will fail.`,
    `aws logs delete-resource-policy --region ${region} --policy-name NAME, for an unused one of ${names.join(', ')}`,
  );
}
