import { UpdateContinuousBackupsCommand, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import {
  CreatePolicyVersionCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { EnableKeyRotationCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import {
  type FilterRule,
  type LifecycleRule,
  ListObjectVersionsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import { SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { field, listOf } from '../invariants.ts';
import { type Json, textOf } from '../templates/json.ts';
import type { Clients } from './clients.ts';
import type { ResourceRequest } from './resource-provider.ts';

interface InlinePolicy {
  readonly PolicyName: string;
  readonly PolicyDocument: Json;
}

type Apply = (request: ResourceRequest, clients: Clients) => Promise<void>;

/**
 * Sets what moto's CloudFormation omits through the API, from the properties of the template. docs/local-cloud.md lists
 * it.
 */
const APPLIED: Readonly<Record<string, Apply>> = {
  'AWS::DynamoDB::Table': applyTable,
  'AWS::IAM::ManagedPolicy': applyManagedPolicy,
  'AWS::IAM::Policy': applyPolicy,
  'AWS::IAM::Role': applyRole,
  'AWS::IAM::RolePolicy': applyRolePolicy,
  'AWS::KMS::Key': applyKey,
  'AWS::S3::Bucket': applyBucket,
  'AWS::SQS::Queue': applyQueue,
  'AWS::SQS::QueuePolicy': applyQueuePolicy,
};

/**
 * Without effect here: nothing subscribes, and moto would ignore the condition of a bucket policy and refuse
 * everything.
 */
const WITHOUT_EFFECT: readonly string[] = [
  'AWS::CloudWatch::Alarm',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::Subscription',
  'AWS::SNS::TopicPolicy',
];

/** @throws Error for a type that neither moto nor this file supports */
export async function applyDropped(request: ResourceRequest, clients: Clients): Promise<void> {
  const { type, isKnown } = request;
  const apply = APPLIED[type];
  if (apply === undefined && !isKnown && !WITHOUT_EFFECT.includes(type)) {
    throw new Error(`moto has no ${type}: define in dropped-properties.ts how to make one, or that it has no effect`);
  }
  await apply?.(request, clients);
}

async function applyTable({ action, physicalId: TableName, properties }: ResourceRequest, { dynamodb }: Clients) {
  if (action === 'delete') return;
  const TimeToLiveSpecification = properties['TimeToLiveSpecification'] as
    | { AttributeName: string; Enabled: boolean }
    | undefined;
  if (TimeToLiveSpecification !== undefined) {
    await dynamodb.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
  }
  const recovery = properties['PointInTimeRecoverySpecification'] as
    | { PointInTimeRecoveryEnabled: boolean }
    | undefined;
  if (recovery !== undefined) {
    await dynamodb.send(new UpdateContinuousBackupsCommand({ TableName, PointInTimeRecoverySpecification: recovery }));
  }
}

/** moto creates it, but neither updates it nor deletes it while it is attached. */
async function applyManagedPolicy(request: ResourceRequest, { iam }: Clients) {
  const { action, physicalId: PolicyArn, properties } = request;
  if (action === 'update') {
    const PolicyDocument = JSON.stringify(properties['PolicyDocument']);
    await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument, SetAsDefault: true }));
  }
  if (action !== 'delete') return;
  for (const RoleName of listOf(properties['Roles']) as readonly string[]) {
    await iam.send(new DetachRolePolicyCommand({ PolicyArn, RoleName }));
  }
}

/** moto keeps inline policies in a form that its own checks cannot read. */
async function applyRole(
  { action, physicalId: RoleName, properties, formerProperties }: ResourceRequest,
  { iam }: Clients,
) {
  const policies = listOf(properties['Policies']) as unknown as readonly InlinePolicy[];
  const former =
    action === 'delete' ? policies : (listOf(formerProperties?.['Policies']) as unknown as readonly InlinePolicy[]);
  for (const { PolicyName } of former) await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }));
  if (action === 'delete') return;
  for (const { PolicyName, PolicyDocument } of policies) {
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: JSON.stringify(PolicyDocument) }));
  }
}

async function applyPolicy({ action, properties }: ResourceRequest, { iam }: Clients) {
  const { Roles, PolicyName } = properties as { Roles: readonly string[]; PolicyName: string };
  const PolicyDocument = JSON.stringify(properties['PolicyDocument']);
  for (const RoleName of Roles) {
    const place = { RoleName, PolicyName };
    if (action === 'delete') await iam.send(new DeleteRolePolicyCommand(place));
    else await iam.send(new PutRolePolicyCommand({ ...place, PolicyDocument }));
  }
}

function applyRolePolicy(request: ResourceRequest, clients: Clients) {
  const { RoleName = '' } = request.properties;
  return applyPolicy({ ...request, properties: { ...request.properties, Roles: [RoleName] } }, clients);
}

/** As with roles, moto keeps a policy that it cannot read. */
async function applyKey({ action, physicalId: KeyId, properties }: ResourceRequest, { kms }: Clients) {
  if (action === 'delete') return;
  const Policy = JSON.stringify(properties['KeyPolicy']);
  await kms.send(new PutKeyPolicyCommand({ KeyId, PolicyName: 'default', Policy }));
  if (properties['EnableKeyRotation'] === true) await kms.send(new EnableKeyRotationCommand({ KeyId }));
}

async function applyBucket({ action, physicalId: Bucket, properties }: ResourceRequest, { s3 }: Clients) {
  if (action === 'delete') {
    // moto keeps such a bucket without an error.
    const { Versions, DeleteMarkers } = await s3.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 1 }));
    if (Versions !== undefined || DeleteMarkers !== undefined) throw new Error(`Bucket ${Bucket} is not empty`);
    return;
  }
  const versioning = properties['VersioningConfiguration'] as { Status: 'Enabled' } | undefined;
  if (versioning !== undefined) {
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: versioning }));
  }
  const rules = listOf(field(properties['BucketEncryption'], 'ServerSideEncryptionConfiguration'));
  if (rules.length > 0) {
    const Rules = rules.map((rule) => ({
      BucketKeyEnabled: field(rule, 'BucketKeyEnabled') === true,
      ApplyServerSideEncryptionByDefault: {
        SSEAlgorithm: 'aws:kms' as const,
        KMSMasterKeyID: field(field(rule, 'ServerSideEncryptionByDefault'), 'KMSMasterKeyID') as string,
      },
    }));
    const ServerSideEncryptionConfiguration = { Rules };
    await s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration }));
  }
  const block = properties['PublicAccessBlockConfiguration'] as Record<string, boolean> | undefined;
  if (block !== undefined) {
    await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: block }));
  }
  const Rules = listOf(field(properties['LifecycleConfiguration'], 'Rules')).map(lifecycleRule);
  if (Rules.length > 0) {
    const LifecycleConfiguration = { Rules };
    await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }));
  }
  const queues = listOf(field(properties['NotificationConfiguration'], 'QueueConfigurations')) as unknown as readonly {
    readonly Event: 's3:ObjectCreated:*';
    readonly Queue: string;
    readonly Filter?: { readonly S3Key: { readonly Rules: FilterRule[] } };
  }[];
  const QueueConfigurations = queues.map(({ Event, Queue, Filter }) => ({
    Events: [Event],
    QueueArn: Queue,
    ...(Filter !== undefined && { Filter: { Key: { FilterRules: Filter.S3Key.Rules } } }),
  }));
  const NotificationConfiguration = { QueueConfigurations };
  await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
}

/** Converts a rule from CloudFormation's form to that of the API. */
function lifecycleRule(rule: Json): LifecycleRule {
  const {
    Id,
    Status,
    Prefix = '',
    ExpirationInDays,
    ExpiredObjectDeleteMarker,
    ...rest
  } = rule as {
    readonly Id: string;
    readonly Prefix?: string;
    readonly Status: 'Enabled';
    readonly ExpirationInDays?: number;
    readonly ExpiredObjectDeleteMarker?: boolean;
  };
  const expiration = {
    ...(ExpirationInDays !== undefined && { Days: ExpirationInDays }),
    ...(ExpiredObjectDeleteMarker !== undefined && { ExpiredObjectDeleteMarker }),
  };
  const hasExpiration = Object.keys(expiration).length > 0;
  return { ID: Id, Status, Filter: { Prefix }, ...(hasExpiration && { Expiration: expiration }), ...rest };
}

async function applyQueue({ action, physicalId: QueueUrl, properties }: ResourceRequest, { sqs }: Clients) {
  if (action === 'delete') return;
  const attributes = Object.entries(properties).filter(([name]) => !['QueueName', 'Tags'].includes(name));
  const Attributes = Object.fromEntries(attributes.map(([name, value]) => [name, textOf(value)]));
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
}

async function applyQueuePolicy({ action, properties }: ResourceRequest, { sqs }: Clients) {
  for (const QueueUrl of listOf(properties['Queues']) as readonly string[]) {
    const Policy = action === 'delete' ? '' : JSON.stringify(properties['PolicyDocument']);
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
  }
}
