import { GetBucketVersioningCommand } from '@aws-sdk/client-s3';
import { S3ReplicationStore } from '../../../aws/deployment/bucket-replication.ts';
import { S3Connection } from '../../../aws/s3/connection.ts';
import { ownBucketName } from '../../../configuration/schema/resource-names.ts';
import type { RegionPlan } from '../../../templates/plan-regions.ts';
import { planReplication } from '../../../templates/plan-replication.ts';
import { formatPlural } from '../../command/numbers.ts';
import type { Check, CheckContext, CheckGroup } from '../check.ts';
import { type Diagnosis, failure, ok, warning } from '../diagnosis.ts';

/** The deployment gives leaving rules priorities from this number upward (merge-replication-rules.ts). */
const LEAVING = 10_000;

/**
 * Checks that our buckets are versioned, without which S3 replicates nothing, and have a replication rule for each
 * route.
 */
export const REPLICATION_CHECKS: CheckGroup = {
  name: 'replication',
  title: 'Replication between regions',
  checksOf: (context) =>
    context.plans.flatMap((plan) => [
      ...plan.settings.source_target.map((role) =>
        versioningCheck(role === 'source' ? 'outbound' : 'inbound', plan.region, context),
      ),
      ...(plan.outgoing.length === 0 ? [] : [rulesCheck(plan, context)]),
    ]),
};

function nameOf(role: 'outbound' | 'inbound', region: string, { configuration, identity }: CheckContext): string {
  return ownBucketName(configuration.settings.stack_name, identity.account, region, role);
}

function versioningCheck(role: 'outbound' | 'inbound', region: string, context: CheckContext): Check {
  const name = nameOf(role, region, context);
  const subject = `bucket ${name}`;
  const look = async (abortSignal: AbortSignal): Promise<Diagnosis[]> => {
    try {
      const command = new GetBucketVersioningCommand({ Bucket: name });
      const { Status } = await context.clients.s3(region).send(command, { abortSignal });
      if (Status === 'Enabled') return [ok(subject, 'Exists, and is versioned.')];
      const fix = `aws s3api put-bucket-versioning --region ${region} --bucket ${name} --versioning-configuration Status=Enabled`;
      return [failure(subject, 'Is not versioned, so S3 replicates nothing.', fix)];
    } catch (thrown) {
      if (thrown instanceof Error && thrown.name === 'NoSuchBucket') {
        return [await context.deployments.missing(region, subject)];
      }
      throw thrown;
    }
  };
  return {
    subject,
    takes: 's3:GetBucketVersioning',
    run: (signal) =>
      context.deployments.whenPartDeployed(region, { name, isSending: role === 'outbound' }, () => look(signal)),
  };
}

function rulesCheck(plan: RegionPlan, context: CheckContext): Check {
  const { region } = plan;
  const bucket = nameOf('outbound', region, context);
  const subject = `rules of ${bucket}`;
  return {
    subject,
    takes: 's3:GetReplicationConfiguration',
    run: (signal) =>
      context.deployments.whenPartDeployed(region, { name: bucket, isSending: true }, () =>
        compareRules(plan, bucket, context, signal),
      ),
  };
}

async function compareRules(
  { region, outgoing }: RegionPlan,
  bucket: string,
  context: CheckContext,
  signal: AbortSignal,
): Promise<Diagnosis[]> {
  const subject = `rules of ${bucket}`;
  const partition = context.identity.arn.split(':')[1] ?? 'aws';
  const connection = new S3Connection(context.clients.s3(region));
  try {
    const stored = await new S3ReplicationStore(connection, partition).read(bucket, signal);
    // The check of its versioning reports that it is gone.
    if (stored === undefined) return [];
    const wanted = planReplication({ region, outgoing }).map(({ Id, region: target }) => ({
      id: Id,
      bucket: nameOf('inbound', target, context),
    }));
    const isThere = (entry: (typeof wanted)[number]): boolean =>
      stored.rules.some(
        ({ id, destinationBucket, isIntact }) => id === entry.id && destinationBucket === entry.bucket && isIntact,
      );
    const missing = wanted.filter((entry) => !isThere(entry)).map(({ id }) => id);
    const others = stored.rules.filter(
      ({ id, priority }) => priority < LEAVING && !wanted.some((entry) => entry.id === id),
    );
    const fix = `s3xrc deploy --repair --region ${region}`;
    if (missing.length > 0) {
      const says = `Missing, disabled or changed: ${missing.join(', ')}. S3 replicates no archives by these rules.`;
      return [failure(subject, says, fix)];
    }
    if (others.length === 0) return [ok(subject, `${formatPlural(wanted.length, 'rule')}, as deployed.`)];
    const says = `${formatPlural(others.length, 'rule')} not in this configuration: ${others.map(({ id }) => id).join(', ')}.`;
    return [warning(subject, says, fix)];
  } finally {
    await connection.close();
  }
}
