import { ListMultipartUploadsCommand, type MultipartUpload, NoSuchBucket } from '@aws-sdk/client-s3';
import { ownBucketName } from '../../../configuration/schema/resource-names.ts';
import type { RegionPlan } from '../../../templates/plan-regions.ts';
import { formatAge } from '../../command/age.ts';
import { formatPlural } from '../../command/numbers.ts';
import type { Check, CheckContext, CheckGroup } from '../check.ts';
import { type Diagnosis, ok, warning } from '../diagnosis.ts';

/** The longest time that one of our uploads may take; lifecycle rules abort ours a day later. */
const LEFT_SECONDS = 2 * 24 * 3600;

/**
 * Checks for abandoned multipart uploads, which cost money until they are aborted and which no object listing shows.
 */
export const UPLOAD_CHECKS: CheckGroup = {
  name: 'uploads',
  title: 'Abandoned uploads',
  checksOf: (context) =>
    context.plans.flatMap((plan) =>
      uploadBuckets(plan, context).map((bucket) => checkOf(bucket, plan.region, context)),
    ),
};

/** Where functions upload in parts: archives at the source, large objects at the target. */
function uploadBuckets(
  { region, settings, incoming }: RegionPlan,
  { configuration, identity }: CheckContext,
): string[] {
  const outbound = ownBucketName(configuration.settings.stack_name, identity.account, region, 'outbound');
  const restored = incoming.map(({ destination }) => destination.bucket);
  return [...(settings.source_target.includes('source') ? [outbound] : []), ...new Set(restored)];
}

function checkOf(bucket: string, region: string, context: CheckContext): Check {
  return {
    subject: `s3://${bucket} (${region})`,
    takes: 's3:ListBucketMultipartUploads',
    run: (signal) => context.deployments.whenDeployed(region, () => checkUploads(bucket, region, context, signal)),
  };
}

async function checkUploads(
  Bucket: string,
  region: string,
  { clients, now }: CheckContext,
  abortSignal: AbortSignal,
): Promise<Diagnosis[]> {
  const subject = `s3://${Bucket} (${region})`;
  let uploads: readonly MultipartUpload[];
  try {
    ({ Uploads: uploads = [] } = await clients
      .s3(region)
      .send(new ListMultipartUploadsCommand({ Bucket }), { abortSignal }));
  } catch (thrown) {
    // Other groups report that it is gone.
    if (thrown instanceof NoSuchBucket) return [];
    throw thrown;
  }
  const ageOf = ({ Initiated }: MultipartUpload): number => (now() - (Initiated?.getTime() ?? now())) / 1000;
  const left = uploads.filter((upload) => ageOf(upload) > LEFT_SECONDS);
  const [first] = left.toSorted((one, other) => ageOf(other) - ageOf(one));
  if (first === undefined)
    return [ok(subject, uploads.length === 0 ? 'None.' : `${formatPlural(uploads.length, 'upload')} in progress.`)];
  const says = `${formatPlural(left.length, 'upload')} older than two days, the oldest started ${formatAge(ageOf(first))} ago. Each costs storage.`;
  const fix = `aws s3api abort-multipart-upload --bucket ${Bucket} --key '${first.Key ?? ''}' --upload-id ${first.UploadId ?? ''}, or add a lifecycle rule AbortIncompleteMultipartUpload`;
  return [warning(subject, says, fix)];
}
