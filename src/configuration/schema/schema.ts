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
 * can keep their files unchanged; our own keys are optional. Validation, the JSON Schema files beside the configuration
 * and the tables of docs/configuration.md are all derived from this.
 */
export const sourceSchema = z.strictObject({
  region: region('Region of the bucket. It must have the role `source` in settings.json.'),
  bucket: bucket('Bucket in which new objects appear. It must exist; one bucket may have several rules.'),
  kms_key_arn: kmsKey('Key that encrypts the source objects, so that the function may decrypt them.'),
  prefix_filter: filter('Only keys that begin with this.'),
  suffix_filter: filter('Only keys that end with this.'),
  scaling_limit: wholeNumber(
    1,
    1000,
    20,
    'Maximum concurrency of the function, and maximum number of fallback tasks. Lambda accepts no less than 2 for functions, so 1 means 2 there.',
  ),
  cpu: z
    .literal([...FARGATE_CPUS])
    .default(2048)
    .meta({
      description: 'Size of a fallback task, in CPU units: 1,024 are one vCPU.',
      allowed: 'a size of Fargate: 256, 512, 1024, 2048, 4096, 8192 or 16384',
    }),
  memory: wholeNumber(512, 122_880, 4096, {
    description: 'Memory of a fallback task, in MiB. The function has `function_memory`.',
    allowed: 'what Fargate has with this `cpu`',
  }),
  ephemeral_storage: wholeNumber(20, 200, 20, 'GiB of disk of a fallback task. Accepted; nothing is written to disk.'),
  scaling_target_backlog_per_task: wholeNumber(
    1,
    100_000,
    60,
    'Waiting objects (at the target: archives) per fallback task, up to `scaling_limit` tasks. The default is that of the public format: 60 huge objects get one task, which works on two at a time. Set it lower, down to 1, where one object takes minutes to hours and others must not wait for it.',
  ),
  visibility_timeout: wholeNumber(
    0,
    43_200,
    300,
    'Seconds that a message is hidden while it is worked on: a lower bound, since it is never less than 6 times `function_timeout`.',
  ),
  function_memory: wholeNumber(
    1024,
    10_240,
    1769,
    'MB of the function. Lambda gives one vCPU for each 1,769 MB; more makes an invocation faster and a GB more expensive.',
  ),
  function_timeout: wholeNumber(60, 900, 900, 'Timeout of the function, in seconds.'),
  batch_size: wholeNumber(
    1,
    10_000,
    1000,
    'Maximum number of messages per invocation. About 3,000 fill the 6 MB that Lambda passes at once. Above 10, `batch_window` must be at least 1.',
  ),
  batch_window: wholeNumber(
    0,
    300,
    20,
    'Seconds during which messages are collected for an invocation: a longer window makes larger archives, and objects arrive later.',
  ),
  level: z.int().min(LEVELS.minimum).max(LEVELS.maximum).optional().meta({
    description: 'zstd level of all archives of this rule: higher is smaller and slower.',
    otherwise: 'chosen by dollars, for each kind of content',
  }),
  levels: z
    .array(z.union([z.literal('store'), z.int().min(LEVELS.minimum).max(LEVELS.maximum)]))
    .min(1)
    .default([...STANDARD_LEVELS])
    .meta({
      description: 'The levels to choose from where `level` is absent; `"store"` does not compress.',
      allowed: `a list of \`"store"\` and zstd levels from ${LEVELS.minimum} to ${LEVELS.maximum}`,
    }),
  max_archive_mib: wholeNumber(1, 10_240, 256, 'MiB of objects after which an archive is closed.'),
  max_object_mib: wholeNumber(
    1,
    80_000,
    10_240,
    'MiB of the largest object that the function takes. Larger ones go to the fallback; without a fallback they are dead-lettered.',
  ),
  fallback: z
    .boolean()
    .default(false)
    .meta({ description: 'Whether work that exceeds the limits of a function goes to Fargate tasks.' }),
  fallback_on_demand_percent: wholeNumber(
    0,
    100,
    0,
    'Percent of the fallback tasks that run on demand instead of on Spot; above 0 the first task is one of them, and the percentage applies to the others. Spot costs a third to a half; AWS reclaims it with a notice of two minutes, and sometimes has none.',
  ),
  objective_seconds: wholeNumber(
    1_200,
    1_209_600,
    3_600,
    'Seconds within which an object should arrive at every destination; an alarm is raised when the oldest that has not arrived may be older. An object that goes through the fallback may count as missing for up to 21 minutes after it has arrived.',
  ),
  chain: z
    .boolean()
    .default(false)
    .meta({ description: 'Whether objects that another rule restored in this bucket are replicated further.' }),
  events: z.enum(['notification', 'eventbridge']).default('notification').meta({
    description:
      'How the bucket announces new objects: by an S3 notification, of which S3 allows one for each key, or through Amazon EventBridge, beside any other receiver.',
  }),
  deletes: z.enum(['ignore', 'replicate']).default('ignore').meta({
    description:
      'Whether deletions at the source are repeated at the destinations: delete markers of a versioned bucket, and deletions in a bucket without versions. The permanent deletion of a version is never replicated, but sends what is current then, again if it was sent before (docs/deletions.md).',
  }),
  lifecycle_deletes: z.boolean().default(false).meta({
    description:
      'Whether deletions by a lifecycle rule of the bucket are replicated like those of users. Needs `deletes`. Noncurrent versions that expire ask for nothing.',
  }),
  verify: z.enum(['never', 'daily', 'weekly']).default('never').meta({
    description:
      'How often the destinations are verified against the source by a function that a clock starts, in the night (UTC), every day or on Sundays. It counts what is missing, and repairs nothing.',
  }),
  draining: z.boolean().default(false).meta({
    description:
      'Whether the rule stops taking new objects while the backlog is still replicated: the step before removing the rule.',
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
    description: 'The same as `deletes` of the source, for this destination alone: a copy that keeps what was deleted.',
    otherwise: 'that of the source',
  }),
});

export const ruleSchema = z.strictObject({
  source: sourceSchema.meta({ description: 'Which objects are replicated, and by what.' }),
  destinations: z.array(destinationSchema).min(1).meta({
    description: 'Where they go. Several destinations share one compression; S3 fans the archive out.',
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
  region: region('The region. Each is listed once.'),
  source_target: z
    .array(z.enum(['source', 'target']))
    .min(1)
    .meta({
      description: 'Whether objects leave from here, arrive here, or both.',
      allowed: 'a list of `source`, `target` or both',
    }),
  vpc_cidr: z.cidrv4().optional().meta({
    description: 'Network of the fallback tasks. It must not overlap that of another region.',
    allowed: 'an IPv4 block from /16 to /28, such as `10.0.0.0/16`',
  }),
  availability_zones: wholeNumber(1, 6, 2, 'Zones of that network.'),
  network: z.enum(['public', 'isolated']).default('public').meta({
    description:
      'Network of the fallback tasks: public subnets that let nothing in, without fixed cost, or private subnets that reach AWS only, through interface endpoints that cost by the hour.',
  }),
  function_memory: wholeNumber(
    1024,
    10_240,
    1769,
    'MB of the function that restores objects here. Lambda gives one vCPU for each 1,769 MB.',
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
      'Buckets of this region that S3 Inventories are delivered to. With one, a source region gets the state machine of `s3xrc backfill --engine step-functions`, which may read them; it has no fixed cost. Rules with `verify` read the inventories of their source and their destinations there instead of listing these buckets.',
    allowed: 'a list of names of buckets',
  }),
});

/** Names and units are those of prices.json. */
export const ownPricesSchema = z.strictObject({
  date: z.iso
    .date()
    .meta({ description: 'Day on which these prices were agreed or read.', allowed: 'a day, as 2026-11-23' }),
  source: z.string().min(1).meta({ description: 'Where they come from: a contract, a page.' }),
  transfer_gb: z
    .partialRecord(region('From.'), z.partialRecord(region('To.'), dollars('A GB.')))
    .optional()
    .meta({
      description: 'Transfer between two regions, a GB (10^9 bytes).',
      allowed: '`{"FROM": {"TO": US dollars}}` with codes of regions',
    }),
  ...z.object(unitPriceFields).partial().shape,
});

export const settingsSchema = z.strictObject({
  $schema: schemaReference,
  stack_name: stackName('Base name of stacks and resources; namespace of the metrics.'),
  enabled_regions: z.array(regionSchema).min(1).meta({
    description: 'The regions that take part.',
    allowed: 'a list with at least one region',
  }),
  notification_emails: z
    .array(z.email().meta({ allowed: 'an e-mail address, such as `team@example.com`' }))
    .default([])
    .meta({
      description: 'Addresses that receive the alarms.',
      allowed: 'a list of e-mail addresses',
    }),
  tags: tags('Put on every resource.'),
  log_level: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']).default('INFO').meta({
    description: 'The least severe lines that the functions log.',
  }),
  log_retention_days: z
    .literal([...RETENTION_DAYS])
    .default(30)
    .meta({
      description: 'Days that logs are kept.',
      allowed: `a number that CloudWatch Logs has: ${RETENTION_DAYS.join(', ')}`,
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
