import { HeadObjectCommand, ListObjectsV2Command, NoSuchBucket, type S3Client } from '@aws-sdk/client-s3';
import { parseKeyTime } from '../../../archive/key-time.ts';
import type { DeployedRule } from '../../../configuration/deployed-rule.ts';
import { regionsOfRule, resendPrefix, resendRegions } from '../../../configuration/resend-prefix.ts';
import { ownBucketName } from '../../../configuration/schema/resource-names.ts';
import { KEPT_PREFIX } from '../../../resend/kept-key.ts';
import { formatAge } from '../../command/age.ts';
import { formatPlural } from '../../command/numbers.ts';
import type { Check, CheckContext, CheckGroup } from '../check.ts';
import { type Diagnosis, failure, ok, warning } from '../diagnosis.ts';

/** How many of a rule's oldest archives have their replication status checked: each costs a call. */
const LOOKED_UP = 10;
/** Most archives replicate within 15 minutes, large ones in hours (S3 user guide, "Troubleshooting replication"). */
const SLOW_SECONDS = 3600;

interface ListedArchive {
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly lastModified: number;
}

/** Checks for archives that S3 does not replicate, that are not restored, or that were given up. */
export const ARCHIVE_CHECKS: CheckGroup = {
  name: 'archives',
  title: 'Archives',
  checksOf: (context) =>
    context.plans.flatMap((plan) => {
      const incoming = [...new Set(plan.incoming.map(({ rule }) => rule))];
      const resent = resendRegions(plan.outgoing).map((target) => ({ id: resendId(target) }));
      return [
        ...[...plan.outgoing, ...resent].map((rule) => outboundCheck(rule, plan.region, context)),
        ...(plan.settings.source_target.includes('source') ? [keptCheck(plan.region, context)] : []),
        ...[...incoming, ...resentTo(plan.region, incoming)].map((rule) => inboundCheck(rule, plan.region, context)),
      ];
    }),
};

/** Prefix of the keys of archives that are resent to one region alone, in place of a rule's id. */
function resendId(region: string): string {
  return resendPrefix(region).slice(0, -1);
}

/** A resent archive must arrive within the shortest objective of the rules that it may belong to. */
function resentTo(region: string, incoming: readonly DeployedRule[]): readonly ArrivingRule[] {
  const several = incoming.filter((rule) => regionsOfRule(rule).length > 1);
  if (several.length === 0) return [];
  const objectiveSeconds = Math.min(...several.map((rule) => rule.objectiveSeconds));
  return [{ id: resendId(region), objectiveSeconds }];
}

type ArrivingRule = Pick<DeployedRule, 'id' | 'objectiveSeconds'>;

/** Lists the first archives of one of our buckets and judges them; reports if the bucket is gone. */
function listingCheck(
  {
    region,
    role,
    prefix,
  }: { readonly region: string; readonly role: 'outbound' | 'inbound' | 'failed'; readonly prefix: string },
  context: CheckContext,
  judge: (
    archives: readonly ListedArchive[],
    s3: S3Client,
    bucket: string,
    signal: AbortSignal,
  ) => Promise<Diagnosis[]> | Diagnosis[],
): Check {
  const bucket = ownBucketName(context.configuration.settings.stack_name, context.identity.account, region, role);
  const s3 = context.clients.s3(region);
  const look = async (abortSignal: AbortSignal): Promise<readonly Diagnosis[]> => {
    try {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }), {
        abortSignal,
      });
      const archives = Contents.map(({ Key = '', LastModified }) => ({
        key: Key,
        lastModified: LastModified?.getTime() ?? 0,
      }));
      return await judge(archives, s3, bucket, abortSignal);
    } catch (thrown) {
      if (thrown instanceof NoSuchBucket) return [await context.deployments.missing(region, `bucket ${bucket}`)];
      throw thrown;
    }
  };
  return {
    subject: `s3://${bucket}/${prefix}`,
    takes: 's3:ListBucket and s3:GetObject',
    run: (signal) =>
      context.deployments.whenPartDeployed(region, { name: bucket, isSending: role !== 'inbound' }, () => look(signal)),
  };
}

function outboundCheck(rule: Pick<DeployedRule, 'id'>, region: string, context: CheckContext): Check {
  return listingCheck(
    { region, role: 'outbound', prefix: `${rule.id}/` },
    context,
    async (archives, s3, Bucket, abortSignal) => {
      const oldest = archives.slice(0, LOOKED_UP);
      const states = await Promise.all(
        oldest.map(async (archive) => {
          const head = await s3.send(new HeadObjectCommand({ Bucket, Key: archive.key }), { abortSignal });
          return { ...archive, status: head.ReplicationStatus as string | undefined };
        }),
      );
      return judgeReplication(states, { rule, region, bucket: Bucket, now: context.now() });
    },
  );
}

interface ReplicatedArchive extends ListedArchive {
  /** S3's status; absent: no replication rule covers it. */
  readonly status: string | undefined;
}

interface Outbound {
  readonly rule: Pick<DeployedRule, 'id'>;
  readonly region: string;
  readonly bucket: string;
  readonly now: number;
}

/**
 * | status of an archive          | put          | finding |
 * |-------------------------------|--------------|---------|
 * | FAILED                        | any          | failure |
 * | none: no rule covers it       | any          | failure |
 * | PENDING                       | over an hour ago | warning |
 * | PENDING, COMPLETED, COMPLETE  | else         | ok      |
 */
export function judgeReplication(
  archives: readonly ReplicatedArchive[],
  { rule, region, bucket, now }: Outbound,
): Diagnosis[] {
  const [oldest] = archives;
  const subject = `archives of ${rule.id} (${region})`;
  if (oldest === undefined) return [ok(subject, 'None in transit.')];
  const named = ({ key, lastModified }: ListedArchive): string =>
    `s3://${bucket}/${key}, put ${formatAge((now - lastModified) / 1000)} ago`;
  const failed = archives.find(({ status }) => status === 'FAILED');
  if (failed !== undefined) {
    const says = `S3 could not replicate ${named(failed)}. The resend function resends it, up to three times.`;
    return [failure(subject, says, `s3xrc resend ${region} (docs/operations.md#replication-failures has the reasons)`)];
  }
  const lost = archives.find(({ status }) => status === undefined);
  if (lost !== undefined) {
    return [failure(subject, `No replication rule covers ${named(lost)}.`, `s3xrc deploy --repair --region ${region}`)];
  }
  const slow = archives.find(
    ({ status, lastModified }) => status === 'PENDING' && now - lastModified > SLOW_SECONDS * 1000,
  );
  if (slow !== undefined) {
    const fix = `aws s3api head-object --bucket ${bucket} --key ${slow.key} --query ReplicationStatus, until it says COMPLETED`;
    return [warning(subject, `S3 is slow: ${named(slow)}, is still pending.`, fix)];
  }
  return [
    ok(subject, `The oldest, put ${formatAge((now - oldest.lastModified) / 1000)} ago, is ${oldest.status ?? ''}.`),
  ];
}

function inboundCheck(rule: ArrivingRule, region: string, context: CheckContext): Check {
  const subject = `arrivals of ${rule.id} (${region})`;
  return listingCheck({ region, role: 'inbound', prefix: `${rule.id}/` }, context, ([oldest], _s3, bucket) => {
    if (oldest === undefined) return [ok(subject, 'Every archive that arrived has been restored.')];
    const seconds = (context.now() - oldest.lastModified) / 1000;
    const says = `s3://${bucket}/${oldest.key} arrived ${formatAge(seconds)} ago and has not been restored`;
    if (seconds <= rule.objectiveSeconds) return [ok(subject, `${says} yet.`)];
    return [failure(subject, `${says}.`, `s3xrc dead-letters list --region ${region}`)];
  });
}

function keptCheck(region: string, context: CheckContext): Check {
  const subject = `given up (${region})`;
  return listingCheck({ region, role: 'failed', prefix: KEPT_PREFIX }, context, (archives) => {
    const [oldest] = archives;
    if (oldest === undefined) return [ok(subject, 'No archive.')];
    const written = parseKeyTime(oldest.key.slice(oldest.key.lastIndexOf('/') + 1)) ?? oldest.lastModified;
    const says = `${formatPlural(archives.length, 'archive')} that could not be replicated; the oldest objects in them are ${formatAge((context.now() - written) / 1000)} old.`;
    return [failure(subject, says, `s3xrc resend ${region}`)];
  });
}
