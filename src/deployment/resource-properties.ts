import * as z from 'zod';
import { ownPricesSchema } from '../configuration/schema/schema.ts';
import { tryParseJson } from '../json.ts';

/**
 * Properties of the custom resources that the `deployment` function serves. The type of a resource (`Type:` in the
 * template, which no update can change) says which kind it is; `ServiceToken` is the function's ARN. CloudFormation
 * passes every scalar as a string, so there are only strings, lists and objects here. `ServiceTimeout` (seconds) should
 * be a little more than the function's timeout, itself 120 s or more: it caps the wait for a lost response, an hour by
 * default. The logical id of a resource that creates entries must not change: under a new one, CloudFormation would
 * create the same entries again and then delete them.
 *
 * There is one resource for all entries of a bucket, not one per entry: S3 can only replace the whole configuration,
 * and CloudFormation creates nested stacks concurrently, so two resources for one bucket could undo each other's
 * entries. It also makes the change from one rule to another a single step.
 */

const bucketName = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'is not a valid name of an S3 bucket');
const regionName = z.string().regex(/^[a-z]{2,4}(-[a-z]+)+-\d+$/, 'is not a valid name of a region');
const arn = (service: string) =>
  z.string().regex(new RegExp(`^arn:aws[a-z-]*:${service}:[^\\s]+$`), `is not an ARN of ${service}`);
/** Permanent id of an entry; ASCII without spaces, so that it looks the same in consoles, logs and XML. */
const entryId = z.string().regex(/^[A-Za-z0-9_.-]{1,255}$/, 'must be 1 to 255 characters of A-Z a-z 0-9 _ . -');
/** Templates pass `""` if a rule names no key. */
const optionalKey = z.union([arn('kms'), z.literal('')]).default('');

/** Added by CloudFormation to the properties of every custom resource. */
const common = { ServiceToken: z.string().optional(), ServiceTimeout: z.string().optional() };
/**
 * A new value makes CloudFormation send the request again although nothing else has changed: a user may have removed
 * our entries.
 */
const repair = { Repair: z.string().optional() };

/** With a duplicate id, one entry would overwrite the other. */
function withUniqueIds(entries: readonly { readonly Id: string }[]): boolean {
  return new Set(entries.map(({ Id }) => Id)).size === entries.length;
}

const notification = z.strictObject({
  /** Stable, for example `<stack name>-<rule id>`; entries of other ids are never touched. */
  Id: entryId,
  QueueArn: arn('sqs'),
  /** As in the rule, not URL-encoded. */
  Prefix: z.string().default(''),
  Suffix: z.string().default(''),
  /** Which deletions also go to the queue: those by users, or also those by a lifecycle. Absent: none. */
  Deletions: z.enum(['users', 'all']).optional(),
});

/**
 * `Custom::BucketNotification`: events `s3:ObjectCreated:*` of an existing bucket, and deletions where a rule replicates them, go to queues, or to EventBridge. Must depend on the
 * queue policies, since S3 sends each queue a test message.
 * Permissions: s3:GetBucketNotification and s3:PutBucketNotification on the bucket.
 * Attributes: `Bucket`.
 */
export const bucketNotificationSchema = z.strictObject({
  ...common,
  ...repair,
  Bucket: bucketName,
  Notifications: z.array(notification).default([]).refine(withUniqueIds, 'two entries have the same Id'),
  /** Whether EventBridge must also receive the bucket's events. Never turned off again: others may depend on it. */
  EventBridge: z.enum(['true', 'false']).default('false'),
});

const ruleProperties = z.strictObject({
  /** Stable, for example `<rule id>-<region>`; rules of other ids are never touched. */
  Id: entryId,
  /** First segment of the rule's archive keys, including its slash: `photos-` would also match `photos-eu/`. */
  ArchivePrefix: z.string().regex(/^[^/]+\/$/, 'must be one segment that ends in "/"'),
  /** Of the destination. */
  Region: regionName,
});

const destination = z.strictObject({
  Region: regionName,
  Bucket: bucketName,
  /** Key or alias ARN in that region that encrypts the replicas. */
  ReplicaKmsKeyArn: optionalKey,
});

/** A rule with its destination. */
export interface ReplicationRuleProperties {
  readonly Id: string;
  readonly ArchivePrefix: string;
  readonly DestinationBucket: string;
  readonly DestinationRegion: string;
  readonly ReplicaKmsKeyArn: string;
}

/**
 * `Custom::ReplicationRules`: the rules of an outbound bucket. Destinations are checked first. Priorities are assigned
 * here: a rule keeps its own as long as it exists. Metrics are on, delete markers are off. A rule that an update
 * removes stays active until the next update: its function is deleted only after all updates. Permissions:
 * s3:GetReplicationConfiguration and s3:PutReplicationConfiguration on the bucket, iam:PassRole on `RoleArn`,
 * s3:ListBucket and s3:GetBucketVersioning on the destinations, kms:DescribeKey on their keys. Attributes: `Bucket`.
 */
export const replicationRulesSchema = z
  .strictObject({
    ...common,
    ...repair,
    Bucket: bucketName,
    RoleArn: arn('iam'),
    /** One per region. */
    Destinations: z.array(destination).min(1),
    Rules: z.array(ruleProperties).min(1).max(1000).refine(withUniqueIds, 'two rules have the same Id'),
  })
  .transform(({ Destinations, Rules, ...others }, context) => {
    const byRegion = new Map(Destinations.map((each) => [each.Region, each]));
    return {
      ...others,
      Rules: Rules.flatMap(({ Id, ArchivePrefix, Region }, index): ReplicationRuleProperties[] => {
        const found = byRegion.get(Region);
        if (found !== undefined) {
          const { Bucket: DestinationBucket, ReplicaKmsKeyArn } = found;
          return [{ Id, ArchivePrefix, DestinationBucket, DestinationRegion: Region, ReplicaKmsKeyArn }];
        }
        context.addIssue({ code: 'custom', path: ['Rules', index, 'Region'], message: 'is not among Destinations' });
        return [];
      }),
    };
  });

const checkedBucket = z.strictObject({
  Bucket: bucketName,
  /** Key of the source objects, or of the restored ones. */
  KmsKeyArn: optionalKey,
});

/**
 * `Custom::SourceChecks` and `Custom::TargetChecks`: that the users' buckets of this region exist here and their keys
 * can be used; nothing is changed. Rules and functions should depend on it. Permissions: s3:ListBucket and, to detect a
 * default key that no rule names, s3:GetEncryptionConfiguration on the buckets; kms:DescribeKey on the keys.
 * Attributes: none.
 */
export const bucketChecksSchema = z.strictObject({
  ...common,
  Buckets: z.array(checkedBucket).min(1),
});

/**
 * `Custom::Prices`: what this region's calls, compute and transfer to each target region cost. Permissions:
 * pricing:GetProducts on `*` (it has no narrower resource). Attributes: `Prices`, JSON of
 * configuration/prices/prices.ts `Prices` (for the functions' environment; at most 3 KB); `PricesDate`, the day of the
 * oldest of them; `PricesSource`, where they come from.
 */
export const pricesSchema = z.strictObject({
  ...common,
  TargetRegions: z.array(regionName).min(1),
  /** `prices` of settings.json as JSON; empty for none. */
  OwnPrices: z
    .string()
    .default('')
    .transform((json, context) => {
      if (json === '') return undefined;
      const { success, data } = ownPricesSchema.safeParse(tryParseJson(json));
      if (success) return data;
      context.addIssue({ code: 'custom', message: 'is not the JSON of "prices" in settings.json' });
      return z.NEVER;
    }),
  /**
   * Change it (to the version of the release, for example) to have prices read again: CloudFormation skips unchanged
   * resources.
   */
  Revision: z.string().default(''),
});

/**
 * `Custom::FunctionImage`: the image that a function runs. CloudFormation has no attribute for it, and SAM inserts it
 * into functions only, so the fallback's task definitions get it from here. Permissions: lambda:GetFunction on the
 * function. Attributes: `Image`, its URI with the digest; `RepositoryArn`, its repository.
 */
export const functionImageSchema = z.strictObject({
  ...common,
  /** With its version, which differs for each image, so that CloudFormation notices the change. */
  Function: arn('lambda').regex(/:function:[A-Za-z0-9_-]+(:[A-Za-z0-9_$-]+)?$/, 'is not an ARN of a function'),
});

/** The valid entries of a list. */
function readable<T>(entry: z.ZodType<T>) {
  return z
    .array(z.unknown())
    .default([])
    .transform((list) =>
      list.flatMap((item) => {
        const { success, data } = entry.safeParse(item);
        return success ? [data] : [];
      }),
    );
}

/**
 * The same resources as written by another release, with only the properties needed to find the entries that it made:
 * unknown or missing properties must not keep this release from removing them.
 */
export const madeNotificationsSchema = z.object({
  Bucket: bucketName,
  Notifications: readable(z.object({ Id: z.string(), QueueArn: z.string() })),
});
export const madeReplicationRulesSchema = z
  .object({
    Bucket: bucketName,
    RoleArn: z.string().default(''),
    Destinations: readable(z.object({ Region: z.string(), Bucket: z.string() })),
    // With the region of a destination, or with its bucket.
    Rules: readable(
      z.object({ Id: z.string(), Region: z.string().optional(), DestinationBucket: z.string().optional() }),
    ),
  })
  .transform(({ Destinations, Rules, ...others }) => {
    const byRegion = new Map(Destinations.map((each) => [each.Region, each.Bucket]));
    return {
      ...others,
      Rules: Rules.flatMap(({ Id, Region = '', DestinationBucket = byRegion.get(Region) }) =>
        DestinationBucket === undefined ? [] : [{ Id, DestinationBucket }],
      ),
    };
  });

export type MadeNotifications = z.infer<typeof madeNotificationsSchema>;
export type MadeReplicationRules = z.infer<typeof madeReplicationRulesSchema>;
export type BucketNotificationProperties = z.infer<typeof bucketNotificationSchema>;
export type NotificationProperties = BucketNotificationProperties['Notifications'][number];
export type ReplicationRulesProperties = z.infer<typeof replicationRulesSchema>;
export type BucketChecksProperties = z.infer<typeof bucketChecksSchema>;
export type CheckedBucket = BucketChecksProperties['Buckets'][number];
export type PricesProperties = z.infer<typeof pricesSchema>;
export type FunctionImageProperties = z.infer<typeof functionImageSchema>;
