import type { S3Client } from '@aws-sdk/client-s3';
import { S3BucketDirectory } from '../../aws/deployment/bucket-directory.ts';
import type { BucketRole } from '../../deployment/check-buckets.ts';
import type { RegionPlan } from '../../templates/plan-regions.ts';
import type { CheckContext } from './check.ts';

/** A bucket of the configuration. */
export interface ConfiguredBucket {
  readonly name: string;
  /** Region according to the configuration. */
  readonly region: string;
  readonly role: BucketRole;
  /** ARNs of the KMS keys that its rules name; an empty string for a rule that names none. */
  readonly keys: readonly string[];
}

/** State that the checks of one bucket share. */
export class BucketCheckState {
  readonly bucket: ConfiguredBucket;
  readonly plan: RegionPlan;
  readonly context: CheckContext;
  readonly s3: S3Client;
  readonly directory: S3BucketDirectory;
  #here: Promise<boolean> | undefined;

  constructor(bucket: ConfiguredBucket, plan: RegionPlan, context: CheckContext) {
    this.bucket = bucket;
    this.plan = plan;
    this.context = context;
    this.s3 = context.clients.s3(bucket.region);
    this.directory = new S3BucketDirectory((region) => context.clients.s3(region));
  }

  get subject(): string {
    return `${this.bucket.role} bucket ${this.bucket.name} (${this.bucket.region})`;
  }

  /** Whether it exists in the right region; read once. Without the permission for this, the other checks still run. */
  isHere(signal: AbortSignal): Promise<boolean> {
    const { name, region } = this.bucket;
    this.#here ??= this.directory.findRegion(name, region, signal).then(
      (actual) => actual === region,
      () => true,
    );
    return this.#here;
  }
}
