import { z } from 'zod';

/**
 * The two configuration files. Keys, meanings and defaults are those of the public implementation, so that its users
 * bring their files along unchanged; what is ours is optional and says so.
 */
const text = z.string().min(1);
/** `""` means "none" in existing files. */
const optionalText = z.string().default('');

const source = z.strictObject({
  region: text.describe('Region of the bucket; must have the role "source" in settings.json'),
  bucket: text.describe('Bucket in which new objects appear'),
  kms_key_arn: optionalText.describe('Key that encrypts the source objects'),
  prefix_filter: optionalText.describe('Only keys that begin with this'),
  suffix_filter: optionalText.describe('Only keys that end with this'),
  scaling_limit: z.int().min(1).max(1000).default(20).describe('Most runs of the function at a time'),
  cpu: z.int().default(2048).describe('CPU units of a fallback task (1,024 = 1 vCPU)'),
  memory: z.int().default(4096).describe('Memory of a fallback task, in MiB'),
  ephemeral_storage: z.int().min(20).max(200).default(20).describe('Accepted and unused: nothing is written to disk'),
  scaling_target_backlog_per_task: z.int().min(1).default(60).describe('Messages a fallback task that scaling aims at'),
  visibility_timeout: z
    .int()
    .min(0)
    .max(43_200)
    .default(300)
    .describe('Lower bound of the queue visibility, in seconds'),
  level: z.int().min(-7).max(22).default(9).describe('Ours: zstd level of the archives'),
  max_archive_mib: z
    .int()
    .min(1)
    .max(10_240)
    .default(256)
    .describe('Ours: MiB of objects after which an archive is closed'),
  max_object_mib: z
    .int()
    .min(1)
    .max(80_000)
    .default(10_240)
    .describe('Ours: MiB of the largest object that the function takes'),
  chain: z
    .boolean()
    .default(false)
    .describe('Ours: packs objects, too, that another rule of this product restored here'),
});

const destination = z.strictObject({
  region: text.describe('Region of the bucket; must have the role "target" in settings.json'),
  bucket: text.describe('Bucket that gets the restored objects'),
  kms_key_arn: optionalText.describe('Key for the restored objects; none: the bucket default'),
  storage_class: z
    .enum(['STANDARD', 'STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE'])
    .optional()
    .describe('Storage class of the restored objects; none: that of the source object'),
  on_conflict: z
    .enum(['overwrite', 'keep'])
    .default('overwrite')
    .describe('Ours: what happens to an object at the target that somebody else wrote'),
});

export const replicationSchema = z.strictObject({
  $schema: z.string().optional(),
  replication_configuration: z.array(
    z.strictObject({ source, destinations: z.array(destination).min(1, 'a rule needs at least one destination') }),
  ),
});

export const settingsSchema = z.strictObject({
  $schema: z.string().optional(),
  stack_name: text.describe('Base name of stacks and resources; namespace of the metrics'),
  enabled_regions: z.array(
    z.strictObject({
      region: text,
      vpc_cidr: z.cidrv4().optional().describe('Network of the fallback tasks in this region'),
      source_target: z.array(z.enum(['source', 'target'])).min(1),
      availability_zones: z.int().min(1).max(6).optional(),
    }),
  ),
  notification_emails: z.array(z.email()).default([]).describe('Receive the alarms'),
  tags: z.record(z.string(), z.string()).default({}).describe('Put on every resource'),
});

export type ReplicationFile = z.infer<typeof replicationSchema>;
export type SettingsFile = z.infer<typeof settingsSchema>;
