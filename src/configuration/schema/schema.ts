import * as z from 'zod';
import { FARGATE_CPUS } from './fargate-sizes.ts';
import {
  bucket,
  dollars,
  filter,
  keyPrefix,
  kmsKey,
  RETENTION_DAYS,
  region,
  stackName,
  tags,
  wholeNumber,
} from './fields.ts';
import { LEVELS, STANDARD_LEVELS } from './levels.ts';
import { unitPriceFields } from './unit-prices.ts';

/**
 * The two configuration files. Keys, meanings and defaults are those of the public implementation, so that its users
 * can keep their files unchanged; our own keys are optional. Validation, the JSON Schema files next to the
 * configuration and the tables of docs/configuration.md are all derived from this.
 */
export const sourceSchema = z.strictObject({
  region: region('Region of the bucket. It must have the role `source` in settings.json.'),
  bucket: bucket('Bucket whose new objects are replicated. It must exist; one bucket may have several rules.'),
  kms_key_arn: kmsKey('KMS key of the source objects. The function gets permission to decrypt with it.'),
  prefix_filter: filter('Only keys with this prefix are replicated.'),
  suffix_filter: filter('Only keys with this suffix are replicated.'),
  scaling_limit: wholeNumber(
    1,
    1000,
    20,
    'Maximum concurrency of the function, and maximum number of fallback tasks. Lambda requires at least 2 for functions, so 1 means 2 there.',
  ),
  cpu: z
    .literal([...FARGATE_CPUS])
    .default(2048)
    .meta({
      description: 'Size of a fallback task, in CPU units: 1,024 are one vCPU.',
      allowed: 'a Fargate size: 256, 512, 1024, 2048, 4096, 8192 or 16384',
    }),
  memory: wholeNumber(512, 122_880, 4096, {
    description: 'Memory of a fallback task, in MiB. The function uses `function_memory`.',
    allowed: 'what Fargate offers with this `cpu`',
  }),
  ephemeral_storage: wholeNumber(
    20,
    200,
    20,
    'Disk of a fallback task, in GiB. Accepted but ignored: nothing is written to disk.',
  ),
  scaling_target_backlog_per_task: wholeNumber(
    1,
    100_000,
    60,
    'Waiting objects (at the target: archives) per fallback task, up to `scaling_limit` tasks. The default is that of the public format: one task for 60 huge objects, which works on two at a time. Set it lower, down to 1, if an object takes minutes to hours and others must not wait for it.',
  ),
  visibility_timeout: wholeNumber(
    0,
    43_200,
    300,
    'Visibility timeout of the queue, in seconds. A lower bound: the timeout is never less than 6 times `function_timeout`.',
  ),
  function_memory: wholeNumber(
    1024,
    10_240,
    1769,
    'Memory of the function, in MB. Lambda gives one vCPU per 1,769 MB; more makes an invocation faster and a GB more expensive.',
  ),
  function_timeout: wholeNumber(60, 900, 900, 'Timeout of the function, in seconds.'),
  batch_size: wholeNumber(
    1,
    10_000,
    1000,
    'Maximum number of messages per invocation. About 3,000 fill the 6 MB that Lambda passes to an invocation. Above 10, `batch_window` must be at least 1.',
  ),
  batch_window: wholeNumber(
    0,
    300,
    20,
    'Seconds during which messages are collected for an invocation. A longer window makes archives larger and objects arrive later.',
  ),
  level: z.int().min(LEVELS.minimum).max(LEVELS.maximum).optional().meta({
    description: 'zstd level of all archives of this rule: higher is smaller and slower.',
    otherwise: 'chosen by cost, for each kind of content',
  }),
  levels: z
    .array(z.union([z.literal('store'), z.int().min(LEVELS.minimum).max(LEVELS.maximum)]))
    .min(1)
    .default([...STANDARD_LEVELS])
    .meta({
      description: 'The levels to choose from if `level` is absent; `"store"` does not compress.',
      allowed: `a list of \`"store"\` and zstd levels from ${LEVELS.minimum} to ${LEVELS.maximum}`,
    }),
  max_archive_mib: wholeNumber(1, 10_240, 256, 'MiB of objects after which an archive is closed.'),
  max_object_mib: wholeNumber(
    1,
    80_000,
    10_240,
    'MiB of the largest object that the function packs. Larger ones go to the fallback; without a fallback they are dead-lettered.',
  ),
  fallback: z
    .boolean()
    .default(false)
    .meta({ description: 'Whether work that exceeds the limits of a function goes to Fargate tasks.' }),
  fallback_on_demand_percent: wholeNumber(
    0,
    100,
    0,
    'Percent of the fallback tasks that run on demand instead of on Spot; above 0 the first task is one of them, and the percentage applies to the others. Spot costs a third to a half of the on-demand price; AWS reclaims it with two minutes of notice, and sometimes has no capacity.',
  ),
  objective_seconds: wholeNumber(
    1_200,
    1_209_600,
    3_600,
    'Seconds within which an object should arrive at every destination. An alarm is raised when the oldest object that has not arrived may be older than this. An object that goes through the fallback may count as missing for up to 21 minutes after it has arrived.',
  ),
  chain: z
    .boolean()
    .default(false)
    .meta({ description: 'Whether objects that another rule restored in this bucket are replicated further.' }),
  events: z.enum(['notification', 'eventbridge']).default('notification').meta({
    description:
      'How the bucket announces new objects: with an S3 notification, of which S3 allows one per key, or through Amazon EventBridge, which allows other receivers.',
  }),
  deletes: z.enum(['ignore', 'replicate']).default('ignore').meta({
    description:
      'Whether deletions at the source are replicated: delete markers of a versioned bucket, and deletions in a bucket without versions. The permanent deletion of a version is never replicated; instead, the version that is current afterwards is sent, even if it was sent before (docs/deletions.md).',
  }),
  lifecycle_deletes: z.boolean().default(false).meta({
    description:
      'Whether deletions by a lifecycle rule of the bucket are replicated like those of users. Requires `deletes`. Expired noncurrent versions are ignored.',
  }),
  verify: z.enum(['never', 'daily', 'weekly']).default('never').meta({
    description:
      'How often a scheduled function verifies the destinations against the source: daily or on Sundays, at night (UTC). It counts what is missing, and repairs nothing.',
  }),
  draining: z.boolean().default(false).meta({
    description:
      'Whether the rule stops accepting new objects while its backlog is still replicated: the step before removing the rule.',
  }),
});

export const destinationSchema = z.strictObject({
  region: region('Region of the bucket. It must have the role `target` in settings.json.'),
  bucket: bucket('Bucket that receives the restored objects. It must exist.'),
  kms_key_arn: kmsKey('KMS key for the restored objects. Default: the encryption of the bucket.'),
  storage_class: z
    .enum(['STANDARD', 'STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE'])
    .optional()
    .meta({ description: 'Storage class of the restored objects.', otherwise: 'that of the source object' }),
  target_prefix: keyPrefix(
    'Prefix for the key of each restored object. Key and prefix together may have at most 1,024 bytes, or S3 refuses the object.',
  ),
  on_conflict: z.enum(['overwrite', 'keep']).default('overwrite').meta({
    description: 'What happens to an object that a user wrote under the same key at the target.',
  }),
  deletes: z.enum(['ignore', 'replicate']).optional().meta({
    description:
      'Overrides `deletes` of the source for this destination, for example to keep a copy of deleted objects.',
    otherwise: 'that of the source',
  }),
});

export const ruleSchema = z.strictObject({
  source: sourceSchema.meta({ description: 'Which objects are replicated, and with which resources.' }),
  destinations: z.array(destinationSchema).min(1).meta({
    description:
      'Where they go. Several destinations share one archive, which is compressed once and replicated by S3 to each region.',
    allowed: 'a list with at least one destination',
  }),
});

const schemaReference = z.string().optional().meta({
  description: 'Path of the JSON Schema file, for completion in editors.',
});

export const replicationSchema = z.strictObject({
  $schema: schemaReference,
  replication_configuration: z.array(ruleSchema).meta({ description: 'The rules, in any order.' }),
});

export const regionSchema = z.strictObject({
  region: region('The region. List each region once.'),
  source_target: z
    .array(z.enum(['source', 'target']))
    .min(1)
    .meta({
      description: 'Whether objects are sent from this region, arrive in it, or both.',
      allowed: 'a list of `source`, `target` or both',
    }),
  vpc_cidr: z.cidrv4().optional().meta({
    description: 'Address block of the network of the fallback tasks. It must not overlap that of another region.',
    allowed: 'an IPv4 block from /16 to /28, such as `10.0.0.0/16`',
  }),
  availability_zones: wholeNumber(1, 6, 2, 'Number of availability zones of that network.'),
  network: z.enum(['public', 'isolated']).default('public').meta({
    description:
      'Kind of network for the fallback tasks: public subnets that accept no connections, without fixed cost, or private subnets that reach only AWS, through interface endpoints that are billed by the hour.',
  }),
  function_memory: wholeNumber(
    1024,
    10_240,
    1769,
    'Memory of the function that restores objects here, in MB. Lambda gives one vCPU per 1,769 MB.',
  ),
  function_timeout: wholeNumber(60, 900, 900, 'Timeout of that function, in seconds.'),
  scaling_limit: wholeNumber(
    2,
    1000,
    50,
    'Maximum concurrency of that function, and maximum number of fallback tasks.',
  ),
  inventory_buckets: z.array(bucket('Bucket of this region that S3 Inventories are delivered to.')).default([]).meta({
    description:
      'Buckets of this region that S3 Inventories are delivered to. With at least one, a source region gets the state machine of `s3xrc backfill --engine step-functions`, which may read them; it has no fixed cost. Rules with `verify` read the inventories of their source and destinations there, instead of listing those buckets.',
    allowed: 'a list of bucket names',
  }),
});

/** Names and units are those of prices.json. */
export const ownPricesSchema = z.strictObject({
  date: z.iso
    .date()
    .meta({ description: 'Day on which these prices were agreed or read.', allowed: 'a day, such as 2026-11-23' }),
  source: z.string().min(1).meta({ description: 'Their source, such as a contract or a web page.' }),
  transfer_gb: z
    .partialRecord(region('From.'), z.partialRecord(region('To.'), dollars('Per GB.')))
    .optional()
    .meta({
      description: 'Transfer between two regions, per GB (10^9 bytes).',
      allowed: '`{"FROM": {"TO": US dollars}}` with region codes',
    }),
  ...z.object(unitPriceFields).partial().shape,
});

export const settingsSchema = z.strictObject({
  $schema: schemaReference,
  stack_name: stackName('Base name of the stacks and resources; namespace of the metrics.'),
  enabled_regions: z.array(regionSchema).min(1).meta({
    description: 'The source and target regions.',
    allowed: 'a list with at least one region',
  }),
  notification_emails: z
    .array(z.email().meta({ allowed: 'an e-mail address, such as `team@example.com`' }))
    .default([])
    .meta({
      description: 'Addresses that receive the alarms.',
      allowed: 'a list of e-mail addresses',
    }),
  tags: tags('Tags of every resource.'),
  log_level: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']).default('INFO').meta({
    description: 'Minimum level of the lines that the functions log.',
  }),
  log_retention_days: z
    .literal([...RETENTION_DAYS])
    .default(30)
    .meta({
      description: 'Days that logs are kept.',
      allowed: `a number that CloudWatch Logs supports: ${RETENTION_DAYS.join(', ')}`,
    }),
  prices: ownPricesSchema.optional().meta({
    description: 'Prices of your own contract. They take precedence over the AWS Price List.',
  }),
});

export type SourceEntry = z.infer<typeof sourceSchema>;
export type DestinationEntry = z.infer<typeof destinationSchema>;
export type ReplicationFile = z.infer<typeof replicationSchema>;
export type RegionEntry = z.infer<typeof regionSchema>;
export type SettingsFile = z.infer<typeof settingsSchema>;
