import { TemplateLimitError } from './errors.ts';
import { escapeForSub, keyPattern, substituteVariables } from './iam-pattern.ts';
import type { RegionPlan } from './plan-regions.ts';
import { Call, sub, type Yaml, type YamlObject } from './yaml.ts';

type Statement = YamlObject;

/** Max characters of a managed policy, not counting white space (IAM user guide, "IAM and AWS STS quotas"). */
const POLICY_CHARACTERS = 6_144;
/**
 * Our share of the ten managed policies that a role may have: during an update, the deployment role has old and new
 * ones.
 */
const POLICIES_PER_ROLE = 5;

/** Names of the users' buckets, keys and objects in statements, each once. */
interface Access {
  readonly buckets: readonly string[];
  readonly notifyingBuckets: readonly string[];
  readonly keys: readonly string[];
  /** `bucket/pattern`. */
  readonly objects: readonly string[];
  /** The subset of the objects that replicated deletions may delete. */
  readonly deletedObjects?: readonly string[];
}

/** The target function's permissions on the users' buckets of a region: one document per managed policy. */
export function targetAccess({ settings, incoming }: RegionPlan): Statement[][] {
  const items = incoming.map(({ rule, destination }) => {
    const pattern = keyPattern(`${destination.targetPrefix ?? ''}${rule.source.prefix}`, rule.source.suffix);
    const objects = [`${destination.bucket}/${escapeForSub(pattern)}`];
    const deletedObjects = destination.deletes === 'replicate' ? objects : [];
    return { buckets: [destination.bucket], notifyingBuckets: [], keys: keyOf(destination), objects, deletedObjects };
  });
  return intoPolicies(settings.region, items, ({ buckets, keys, objects, deletedObjects = [] }) => [
    // Conditional writes read the existing object, and its tags if only they can say whose it is. Tags need a separate
    // permission: they are sent in the PUT, or, if they exceed the limit of headers, follow it for exactly that
    // version. An interrupted object is resumed according to its uploaded parts.
    allow(
      'RestoreObjects',
      [
        's3:AbortMultipartUpload',
        's3:GetObject',
        's3:GetObjectTagging',
        's3:GetObjectVersion',
        's3:ListMultipartUploadParts',
        's3:PutObject',
        's3:PutObjectTagging',
        's3:PutObjectVersionTagging',
      ],
      objects.map((object) => sub(`arn:\${AWS::Partition}:s3:::${object}`)),
    ),
    // Deletes objects that the source has deleted, if a rule replicates deletions. Never a version: with versioning,
    // this only adds a marker.
    ...(deletedObjects.length === 0
      ? []
      : [
          allow(
            'DeleteAsAtTheSource',
            ['s3:DeleteObject'],
            deletedObjects.map((object) => sub(`arn:\${AWS::Partition}:s3:::${object}`)),
          ),
        ]),
    // Objects are not listed, but without the first permission S3 answers 403 instead of 404 for a missing object.
    // Uploads are listed.
    allow(
      'FindWhatIsThere',
      ['s3:ListBucket', 's3:ListBucketMultipartUploads', 's3:ListBucketVersions'],
      buckets.map(bucketArn),
    ),
    ...(keys.length === 0
      ? []
      : [
          {
            ...allow('EncryptObjects', ['kms:Decrypt', 'kms:GenerateDataKey'], keys),
            Condition: { StringEquals: { 'kms:ViaService': sub(`s3.\${AWS::Region}.amazonaws.com`) } },
          },
        ]),
  ]);
}

/** The custom resources' permissions on the users' buckets of a region. */
export function deploymentAccess({ settings, outgoing, incoming }: RegionPlan): Statement[][] {
  const items = [
    ...outgoing.map(({ source }) => ({
      buckets: [source.bucket],
      notifyingBuckets: [source.bucket],
      keys: keyOf(source),
      objects: [],
    })),
    ...incoming.map(({ destination }) => ({
      buckets: [destination.bucket],
      notifyingBuckets: [],
      keys: keyOf(destination),
      objects: [],
    })),
  ];
  return intoPolicies(settings.region, items, ({ buckets, notifyingBuckets, keys }) => [
    // Check whether they exist, and which key they encrypt with by default: every object would fail with a key that no
    // rule names.
    allow('CheckBuckets', ['s3:GetEncryptionConfiguration', 's3:ListBucket'], buckets.map(bucketArn)),
    ...(notifyingBuckets.length === 0
      ? []
      : [
          allow(
            'MergeNotifications',
            ['s3:GetBucketNotification', 's3:PutBucketNotification'],
            notifyingBuckets.map(bucketArn),
          ),
        ]),
    ...(keys.length === 0 ? [] : [allow('CheckKeys', ['kms:DescribeKey'], keys)]),
  ]);
}

/** The watermark function's permissions on the source buckets of a region. */
export function watermarkAccess({ settings, outgoing }: RegionPlan): Statement[][] {
  const items = outgoing
    .filter(({ draining }) => !draining)
    .map(({ source }) => ({ buckets: [], notifyingBuckets: [source.bucket], keys: [], objects: [] }));
  return intoPolicies(settings.region, items, ({ notifyingBuckets }) => [
    // Compare the expected notifications with the actual ones.
    allow('SeeNotifications', ['s3:GetBucketNotification'], notifyingBuckets.map(bucketArn)),
  ]);
}

/** The backfill function's permissions on the buckets that inventories of a region are delivered to. */
export function inventoryAccess({ settings }: Pick<RegionPlan, 'settings'>): Statement[][] {
  return inventoryPolicies(settings, `\${AWS::Region}`);
}

/** @param region of the buckets, as a variable of `Fn::Sub` */
function inventoryPolicies(
  { region: here, inventory_buckets: inventoryBuckets }: RegionPlan['settings'],
  region: string,
): Statement[][] {
  const service = `s3.${region}.amazonaws.com`;
  const items = inventoryBuckets.map((bucket) => ({
    buckets: [bucket],
    notifyingBuckets: [],
    keys: [],
    objects: [`${bucket}/*`],
  }));
  return intoPolicies(here, items, ({ buckets, objects }) => [
    // Data files.
    allow(
      'ReadInventories',
      ['s3:GetObject'],
      objects.map((object) => sub(`arn:\${AWS::Partition}:s3:::${object}`)),
    ),
    // Without it S3 answers 403 instead of 404 for a deleted file, and we would retry for a long time.
    allow('TellDeletedFilesFromForbidden', ['s3:ListBucket'], buckets.map(bucketArn)),
    // S3 may encrypt inventories with a user's key that is not in the configuration: this allows any key of this
    // account whose policy agrees, through S3 and for these buckets only.
    {
      ...allow(
        'DecryptInventories',
        ['kms:Decrypt'],
        [sub(`arn:\${AWS::Partition}:kms:${region}:\${AWS::AccountId}:key/*`)],
      ),
      Condition: {
        // cfn-lint warns about an `Fn::Sub` without variables.
        StringEquals: { 'kms:ViaService': service.includes('${') ? sub(service) : service },
        ArnLike: {
          'kms:EncryptionContext:aws:s3:arn': [
            ...buckets.map(bucketArn),
            ...objects.map((object) => sub(`arn:\${AWS::Partition}:s3:::${object}`)),
          ],
        },
      },
    },
  ]);
}

/** The permissions of scheduled verifications on the buckets of rules with `verify`, in all of their regions. */
export function verifyAccess(
  { settings, outgoing }: Pick<RegionPlan, 'settings' | 'outgoing'>,
  plans: readonly Pick<RegionPlan, 'settings'>[],
): Statement[][] {
  const rules = outgoing.filter(({ verify }) => verify !== undefined);
  const sides = rules.flatMap(({ source, destinations }) => [
    { ...source, begins: source.prefix, ends: source.suffix },
    ...destinations.map((destination) => ({
      ...destination,
      begins: `${destination.targetPrefix ?? ''}${source.prefix}`,
      ends: source.suffix,
    })),
  ]);
  const regions = [...new Set(sides.map(({ region }) => region))];
  const items = sides.map((side) => ({
    buckets: [side.bucket],
    notifyingBuckets: [],
    keys: keyOf(side),
    objects: [`${side.bucket}/${escapeForSub(keyPattern(side.begins, side.ends))}`],
  }));
  const compared = intoPolicies(settings.region, items, ({ buckets, keys, objects }) => [
    // Both sides, or their inventories.
    allow('ListBothSides', ['s3:GetInventoryConfiguration', 's3:ListBucket'], buckets.map(bucketArn)),
    // A HEAD if the listings differ, and the tags if metadata has no room for our stamp.
    allow(
      'LookAtSuspects',
      ['s3:GetObject', 's3:GetObjectTagging'],
      objects.map((object) => sub(`arn:\${AWS::Partition}:s3:::${object}`)),
    ),
    // A HEAD returns the checksum only to callers that may decrypt.
    ...(keys.length === 0
      ? []
      : [
          {
            ...allow('SeeChecksums', ['kms:Decrypt'], keys),
            Condition: { StringEquals: { 'kms:ViaService': regions.map((region) => `s3.${region}.amazonaws.com`) } },
          },
        ]),
  ]);
  const inventories = plans
    .filter((plan) => regions.includes(plan.settings.region))
    .flatMap((plan) => inventoryPolicies(plan.settings, plan.settings.region));
  return [...compared, ...inventories];
}

/** The fewest documents that the size limit of a policy allows, filled in order. */
function intoPolicies(region: string, items: readonly Access[], state: (access: Access) => Statement[]): Statement[][] {
  const policies: Access[] = [];
  for (const item of items) {
    const last = policies.at(-1);
    const grown = last === undefined ? undefined : join(last, item);
    if (grown !== undefined && policyCharacters(region, state(grown)) <= POLICY_CHARACTERS)
      policies[policies.length - 1] = grown;
    else policies.push(join(item));
  }
  if (policies.length > POLICIES_PER_ROLE) {
    throw new TemplateLimitError(
      `The rules of ${region} name more buckets than the policies of one role can hold (${policies.length} of ${POLICIES_PER_ROLE} managed policies). Split the configuration into two stacks with different stack_name.`,
      { context: { region, policies: policies.length } },
    );
  }
  return policies.map(state);
}

/** Characters of a policy with these statements, as IAM counts them: after the substitution by Fn::Sub. */
export function policyCharacters(region: string, statements: readonly Statement[]): number {
  const known = { 'AWS::Partition': awsPartition(region), 'AWS::Region': region };
  const document = JSON.stringify({ Version: '2012-10-17', Statement: statements }, (_key, value: unknown) =>
    value instanceof Call && value.name === 'Sub' && typeof value.argument === 'string'
      ? substituteVariables(value.argument, known)
      : value,
  );
  return document.length;
}

function awsPartition(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

function join(...parts: readonly Access[]): Access {
  const union = (field: keyof Access): string[] => [...new Set(parts.flatMap((part) => part[field] ?? []))];
  return {
    buckets: union('buckets'),
    notifyingBuckets: union('notifyingBuckets'),
    keys: union('keys'),
    objects: union('objects'),
    deletedObjects: union('deletedObjects'),
  };
}

function allow(sid: string, actions: readonly string[], resources: readonly Yaml[]): Statement {
  return { Sid: sid, Effect: 'Allow', Action: actions, Resource: resources };
}

function bucketArn(bucket: string): Yaml {
  return sub(`arn:\${AWS::Partition}:s3:::${bucket}`);
}

function keyOf({ kmsKeyArn }: { readonly kmsKeyArn?: string }): string[] {
  return kmsKeyArn === undefined ? [] : [kmsKeyArn];
}
