import { TemplateLimitError } from './errors.ts';
import { fillIn, inSub, keyPattern } from './iam-pattern.ts';
import type { RegionPlan } from './plan-regions.ts';
import { Call, sub, type Yaml, type YamlObject } from './yaml.ts';

type Statement = YamlObject;

/** What a managed policy may have, white space not counted (IAM user guide, "IAM and AWS STS quotas"). */
const POLICY_CHARACTERS = 6_144;
/** Of the ten managed policies that a role may have: during an update, old and new ones of the deployment role stand side by side. */
const POLICIES_PER_ROLE = 5;

/** Names of the users' buckets, keys and objects that statements are about, each once. */
interface Access {
  readonly buckets: readonly string[];
  readonly notifyingBuckets: readonly string[];
  readonly keys: readonly string[];
  /** `bucket/pattern`. */
  readonly objects: readonly string[];
  /** Of the objects, those that a deletion at the source may delete. */
  readonly deletedObjects?: readonly string[];
}

/** What the target function may do with the users' buckets of a region: one document a managed policy. */
export function targetAccess({ settings, incoming }: RegionPlan): Statement[][] {
  const items = incoming.map(({ rule, destination }) => {
    const pattern = keyPattern(`${destination.targetPrefix ?? ''}${rule.source.prefix}`, rule.source.suffix);
    const objects = [`${destination.bucket}/${inSub(pattern)}`];
    const deletedObjects = destination.deletes === 'replicate' ? objects : [];
    return { buckets: [destination.bucket], notifyingBuckets: [], keys: keyOf(destination), objects, deletedObjects };
  });
  return intoPolicies(settings.region, items, ({ buckets, keys, objects, deletedObjects = [] }) => [
    // Conditional writes read what is there, with its tags where only they can say whose it is; tags travel in the PUT
    // and need a permission of their own, or follow it, to the very version, where they exceed the limit of its headers; an interrupted object is resumed where its parts say that it stopped.
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
    // What the source has deleted, where a rule says so. Never a version: where the bucket keeps them, this makes a marker.
    ...(deletedObjects.length === 0
      ? []
      : [
          allow(
            'DeleteAsAtTheSource',
            ['s3:DeleteObject'],
            deletedObjects.map((object) => sub(`arn:\${AWS::Partition}:s3:::${object}`)),
          ),
        ]),
    // Nobody lists the objects, but without the first S3 says 403 instead of 404 for what does not exist. Uploads are listed.
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

/** What the custom resources may do with the users' buckets of a region. */
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
    // See that they are there, and which key they encrypt with by default: one that no rule names would fail every object.
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

/** What the watermark function may do with the source buckets of a region. */
export function watermarkAccess({ settings, outgoing }: RegionPlan): Statement[][] {
  const items = outgoing
    .filter(({ draining }) => !draining)
    .map(({ source }) => ({ buckets: [], notifyingBuckets: [source.bucket], keys: [], objects: [] }));
  return intoPolicies(settings.region, items, ({ notifyingBuckets }) => [
    // Compare the notifications that should be there with those that are.
    allow('SeeNotifications', ['s3:GetBucketNotification'], notifyingBuckets.map(bucketArn)),
  ]);
}

/** What the function of the backfill may do with the buckets that inventories of a region are delivered to. */
export function inventoryAccess({ settings }: Pick<RegionPlan, 'settings'>): Statement[][] {
  return inventoryPolicies(settings, `\${AWS::Region}`);
}

/** @param region where the buckets are, as `Fn::Sub` fills it in */
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
    // Without it S3 says 403 instead of 404 of a file that was deleted, and we would try for long.
    allow('TellDeletedFilesFromForbidden', ['s3:ListBucket'], buckets.map(bucketArn)),
    // S3 may encrypt inventories with a key of the users', which the configuration does not name: any of this account that allows it, through S3,
    // and for these buckets only.
    {
      ...allow(
        'DecryptInventories',
        ['kms:Decrypt'],
        [sub(`arn:\${AWS::Partition}:kms:${region}:\${AWS::AccountId}:key/*`)],
      ),
      Condition: {
        // cfn-lint warns of an `Fn::Sub` that has nothing to fill in.
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

/** What the function of scheduled verifications may do with the buckets of the rules that ask for it, in all of their regions. */
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
    objects: [`${side.bucket}/${inSub(keyPattern(side.begins, side.ends))}`],
  }));
  const compared = intoPolicies(settings.region, items, ({ buckets, keys, objects }) => [
    // Both sides, or their inventories.
    allow('ListBothSides', ['s3:GetInventoryConfiguration', 's3:ListBucket'], buckets.map(bucketArn)),
    // A HEAD, where the listings do not agree.
    allow(
      'LookAtSuspects',
      ['s3:GetObject'],
      objects.map((object) => sub(`arn:\${AWS::Partition}:s3:::${object}`)),
    ),
    // A HEAD tells the checksum only to whom may decrypt.
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

/** As few documents as the limit of a policy allows, filled in order. */
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
      `The rules of ${region} name more buckets than the policies of one role can hold (${policies.length} of ${POLICIES_PER_ROLE} managed policies that we give it). Split the configuration into two stacks with different stack_name.`,
      { context: { region, policies: policies.length } },
    );
  }
  return policies.map(state);
}

/** Characters of a policy that has these statements, as IAM counts them: with all that Fn::Sub fills in. */
export function policyCharacters(region: string, statements: readonly Statement[]): number {
  const known = { 'AWS::Partition': awsPartition(region), 'AWS::Region': region };
  const document = JSON.stringify({ Version: '2012-10-17', Statement: statements }, (_key, value: unknown) =>
    value instanceof Call && value.name === 'Sub' && typeof value.argument === 'string'
      ? fillIn(value.argument, known)
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
