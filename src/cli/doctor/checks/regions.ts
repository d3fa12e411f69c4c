import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import type { RegionPlan } from '../../../templates/plan-regions.ts';
import type { CheckContext, CheckGroup } from '../check.ts';
import { type Diagnosis, failure, ok, warning } from '../diagnosis.ts';

/** STS's error code in a region that the account has not enabled. */
const NOT_ENABLED: ReadonlySet<string> = new Set(['InvalidClientTokenId', 'UnrecognizedClientException']);

/** Checks that each region answers, and that a rule uses it. */
export const REGION_CHECKS: CheckGroup = {
  name: 'regions',
  title: 'Regions',
  checksOf: (context) =>
    context.plans.map((plan) => ({
      subject: plan.region,
      takes: 'sts:GetCallerIdentity',
      run: async (signal) => [(await findDisabled(plan.region, context, signal)) ?? describeRoles(plan)],
    })),
};

async function findDisabled(
  region: string,
  { clients }: CheckContext,
  abortSignal: AbortSignal,
): Promise<Diagnosis | undefined> {
  try {
    await clients.sts(region).send(new GetCallerIdentityCommand({}), { abortSignal });
    return undefined;
  } catch (thrown) {
    // The credentials work in other regions.
    if (!(thrown instanceof Error && NOT_ENABLED.has(thrown.name))) throw thrown;
    return failure(
      region,
      'This region is not enabled for the account and rejects its credentials.',
      `aws account enable-region --region-name ${region}`,
    );
  }
}

/**
 * | role   | a rule uses it | finding |
 * |--------|----------------|---------|
 * | source | yes            | ok      |
 * | target | yes            | ok      |
 * | either | no             | warning: it costs money and does nothing |
 */
function describeRoles({ region, settings, outgoing, incoming }: RegionPlan): Diagnosis {
  const uses = { source: outgoing.length, target: new Set(incoming.map(({ rule }) => rule.id)).size };
  const idle = settings.source_target.filter((role) => uses[role] === 0);
  const roles = settings.source_target.map((role) => `${role} of ${uses[role]} ${uses[role] === 1 ? 'rule' : 'rules'}`);
  if (idle.length === 0) return ok(region, `Answers; ${roles.join(', ')}.`);
  return warning(
    region,
    `It has the role ${idle.join(' and ')}, but no rule uses that.`,
    `remove ${idle.map((role) => `"${role}"`).join(' and ')} from source_target in settings.json, or add a rule`,
  );
}
