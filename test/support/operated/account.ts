import { CreateStackCommand, waitUntilStackCreateComplete } from '@aws-sdk/client-cloudformation';
import { PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch';
import { CreateTableCommand, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { CreateRepositoryCommand, PutImageCommand } from '@aws-sdk/client-ecr';
import { CreateAliasCommand, CreateKeyCommand } from '@aws-sdk/client-kms';
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  PutFunctionRecursionConfigCommand,
} from '@aws-sdk/client-lambda';
import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { ListTopicsCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { S3ReplicationStore } from '../../../src/aws/deployment/bucket-replication.ts';
import { S3Connection } from '../../../src/aws/s3/connection.ts';
import type { AwsClients } from '../../../src/cli/command/aws-clients.ts';
import { deployedNames } from '../../../src/cli/command/deployed-names.ts';
import type { Configuration } from '../../../src/configuration/read-configuration.ts';
import { replicatesDeletes } from '../../../src/configuration/rule.ts';
import {
  ownBucketName,
  resourceNamePrefix,
  ruleResourceName,
} from '../../../src/configuration/schema/resource-names.ts';
import { planRegions, type RegionPlan, remembersDeletions } from '../../../src/templates/plan-regions.ts';
import { planReplication } from '../../../src/templates/plan-replication.ts';
import { regionNames } from '../../../src/templates/region-names.ts';
import { nestedStacks } from '../../../src/templates/write-template.ts';

const TEMPLATES = 'templates-of-stacks';

/**
 * What a deployment of a configuration leaves in an account, limited to what operators' commands read. It has no
 * problems.
 */
export interface OperatedAccount {
  readonly configuration: Configuration;
  readonly account: string;
  readonly clients: AwsClients;
}

/**
 * Creates the users' buckets and everything that a deployment of the configuration would create, through the API of
 * each service.
 */
export async function operate({ configuration, account, clients }: OperatedAccount): Promise<void> {
  for (const plan of planRegions(configuration)) {
    await makeUsersBuckets(plan, clients);
    await makeKeys(plan, configuration, clients);
    await makeQueues(plan, configuration, clients);
    await makeOwnBuckets(plan, { configuration, account, clients });
    await makeFunctions(plan, { configuration, account, clients });
    if (remembersDeletions(plan)) await makeDeletionTable(plan, configuration, clients);
    await makeAlarms(plan, configuration, clients);
    await makeStacks(plan, configuration, clients);
  }
  await subscribe({ configuration, account, clients });
  for (const plan of planRegions(configuration)) await connect(plan, { configuration, account, clients });
}

async function makeBucket(bucket: string, region: string, clients: AwsClients): Promise<void> {
  await clients.s3(region).send(
    new CreateBucketCommand({
      Bucket: bucket,
      ...(region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint: region as 'eu-west-1' } }),
    }),
  );
}

async function makeUsersBuckets({ region, outgoing, incoming }: RegionPlan, clients: AwsClients): Promise<void> {
  const names = [...outgoing.map(({ source }) => source), ...incoming.map(({ destination }) => destination)];
  for (const bucket of new Set(names.map((place) => place.bucket))) await makeBucket(bucket, region, clients);
}

/** What the deployment function writes into the users' source buckets, and into the outbound bucket. */
async function connect(
  { region, outgoing }: RegionPlan,
  { configuration, account, clients }: OperatedAccount,
): Promise<void> {
  const { stack_name: stack } = configuration.settings;
  const s3 = clients.s3(region);
  for (const [Bucket, rules] of Map.groupBy(outgoing, ({ source }) => source.bucket)) {
    const QueueConfigurations = rules.map((rule) => {
      const Id = ruleResourceName(stack, rule.id);
      const Events = [
        's3:ObjectCreated:*' as const,
        ...(replicatesDeletes(rule) ? ['s3:ObjectRemoved:*' as const] : []),
      ];
      return { Id, QueueArn: `arn:aws:sqs:${region}:${account}:${Id}`, Events };
    });
    const NotificationConfiguration = { QueueConfigurations };
    await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
  }
  if (outgoing.length === 0) return;
  const connection = new S3Connection(s3);
  await new S3ReplicationStore(connection, 'aws').replace(
    ownBucketName(stack, account, region, 'outbound'),
    `arn:aws:iam::${account}:role/replication`,
    [],
    planReplication({ region, outgoing }).map(({ Id, ArchivePrefix, region: target }, index) => ({
      id: Id,
      priority: index + 1,
      prefix: ArchivePrefix,
      destinationBucket: ownBucketName(stack, account, target, 'inbound'),
      replicaKmsKeyArn: `arn:aws:kms:${target}:${account}:alias/${resourceNamePrefix(stack)}`,
    })),
    new AbortController().signal,
  );
  await connection.close();
}

/** The region's own key. */
async function makeKeys({ region }: RegionPlan, { settings }: Configuration, clients: AwsClients): Promise<void> {
  const { KeyMetadata } = await clients.kms(region).send(new CreateKeyCommand({}));
  const AliasName = `alias/${resourceNamePrefix(settings.stack_name)}`;
  await clients.kms(region).send(new CreateAliasCommand({ AliasName, TargetKeyId: KeyMetadata?.KeyId }));
}

async function makeQueues(plan: RegionPlan, configuration: Configuration, clients: AwsClients): Promise<void> {
  const { queues } = deployedNames(configuration, plan);
  for (const QueueName of new Set(queues.flatMap(({ name, deadLetters }) => [name, deadLetters]))) {
    await clients.sqs(plan.region).send(new CreateQueueCommand({ QueueName }));
  }
}

async function makeOwnBuckets(
  { region, settings: { source_target: roles } }: RegionPlan,
  { configuration, account, clients }: OperatedAccount,
): Promise<void> {
  const s3 = clients.s3(region);
  const ours = (['outbound', 'failed', 'progress', 'inbound'] as const).filter((role) =>
    roles.includes(role === 'inbound' ? 'target' : 'source'),
  );
  for (const role of ours) {
    const Bucket = ownBucketName(configuration.settings.stack_name, account, region, role);
    await makeBucket(Bucket, region, clients);
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  }
}

/**
 * All run one image from the region's registry; the packing and restoring functions receive messages from their queues.
 */
async function makeFunctions(plan: RegionPlan, { configuration, account, clients }: OperatedAccount): Promise<void> {
  const { region } = plan;
  const { functions, queues } = deployedNames(configuration, plan);
  const repositoryName = resourceNamePrefix(configuration.settings.stack_name);
  await clients.ecr(region).send(new CreateRepositoryCommand({ repositoryName }));
  const imageManifest = JSON.stringify({ schemaVersion: 2, config: { digest: `sha256:${'1'.repeat(64)}` } });
  const { image } = await clients
    .ecr(region)
    .send(new PutImageCommand({ repositoryName, imageManifest, imageTag: 'functions' }));
  const ImageUri = `${account}.dkr.ecr.${region}.amazonaws.com/${repositoryName}@${image?.imageId?.imageDigest ?? ''}`;
  for (const { name } of functions) {
    await clients.lambda(region).send(
      new CreateFunctionCommand({
        FunctionName: name,
        Role: `arn:aws:iam::${account}:role/functions`,
        PackageType: 'Image',
        Code: { ImageUri },
        ...(remembersDeletions(plan) && name.endsWith('-target')
          ? { Environment: { Variables: { DELETIONS_TABLE: deletionTable(configuration) } } }
          : {}),
      }),
    );
    const queue = queues.find((each) => each.name === name);
    if (queue === undefined) continue;
    await clients
      .lambda(region)
      .send(new PutFunctionRecursionConfigCommand({ FunctionName: name, RecursiveLoop: 'Allow' }));
    const EventSourceArn = `arn:aws:sqs:${region}:${account}:${name}`;
    await clients.lambda(region).send(new CreateEventSourceMappingCommand({ FunctionName: name, EventSourceArn }));
  }
}

function deletionTable({ settings }: Configuration): string {
  return `${resourceNamePrefix(settings.stack_name)}-deletions`;
}

async function makeDeletionTable(
  { region }: RegionPlan,
  configuration: Configuration,
  clients: AwsClients,
): Promise<void> {
  const TableName = deletionTable(configuration);
  const dynamoDb = await clients.dynamoDb(region);
  await dynamoDb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'Rule', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'Rule', KeyType: 'HASH' }],
    }),
  );
  const TimeToLiveSpecification = { AttributeName: 'ExpiresAt', Enabled: true };
  await dynamoDb.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
}

async function makeAlarms(plan: RegionPlan, configuration: Configuration, clients: AwsClients): Promise<void> {
  const { queues } = deployedNames(configuration, plan);
  if (plan.outgoing.length > 0) {
    await clients.cloudWatch(plan.region).send(
      new PutMetricAlarmCommand({
        AlarmName: `${resourceNamePrefix(configuration.settings.stack_name)}-notifications-missing`,
        AlarmDescription: 'A source bucket has lost a notification. Runbook: docs/operations.md#notifications-missing',
        Namespace: configuration.settings.stack_name,
        MetricName: 'MissingNotifications',
        Statistic: 'Maximum',
        Period: 300,
        EvaluationPeriods: 1,
        Threshold: 0,
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData: 'notBreaching',
      }),
    );
  }
  for (const { name, deadLetters } of queues.filter(({ kind }) => kind !== 'backfill')) {
    await clients.cloudWatch(plan.region).send(
      new PutMetricAlarmCommand({
        AlarmName: deadLetters,
        AlarmDescription: `Objects of ${name} could not be packed. Runbook: docs/operations.md#dead-letters`,
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateNumberOfMessagesVisible',
        Dimensions: [{ Name: 'QueueName', Value: deadLetters }],
        Statistic: 'Maximum',
        Period: 300,
        EvaluationPeriods: 1,
        Threshold: 0,
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData: 'notBreaching',
      }),
    );
  }
}

/**
 * The root stack with its nested stacks. That of the region has a topic, as in src/stacks/region.yaml, the others one
 * bucket.
 */
async function makeStacks({ region }: RegionPlan, configuration: Configuration, clients: AwsClients): Promise<void> {
  const s3 = clients.s3(region);
  const bucket = `${TEMPLATES}-${region}`;
  await makeBucket(bucket, region, clients);
  const topic = {
    Resources: { AlarmTopic: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: 'alarms' } } },
    Outputs: { AlarmTopicArn: { Value: { Ref: 'AlarmTopic' } } },
  };
  const other = { Resources: { Wait: { Type: 'AWS::CloudFormation::WaitConditionHandle' } } };
  const nested: Record<string, unknown> = {};
  for (const name of nestedStacks(configuration, region)) {
    const template = name === regionNames(region).region ? topic : other;
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `${name}.json`, Body: JSON.stringify(template) }));
    const TemplateURL = `https://s3.amazonaws.com/${bucket}/${name}.json`;
    nested[name] = { Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL } };
  }
  const TemplateBody = JSON.stringify({ Resources: nested, Outputs: { Stage: { Value: 'all' } } });
  const client = clients.cloudFormation(region);
  const { stack_name: StackName } = configuration.settings;
  await client.send(new CreateStackCommand({ StackName, TemplateBody }));
  await waitUntilStackCreateComplete({ client, minDelay: 1, maxWaitTime: 60 }, { StackName });
}

/** ARN of the topic of a region's alarms. */
export async function alarmTopic(region: string, clients: AwsClients): Promise<string> {
  const { Topics = [] } = await clients.sns(region).send(new ListTopicsCommand({}));
  return Topics[0]?.TopicArn ?? '';
}

async function subscribe({ configuration: { settings }, clients }: OperatedAccount): Promise<void> {
  for (const { region } of settings.enabled_regions) {
    const TopicArn = await alarmTopic(region, clients);
    for (const Endpoint of settings.notification_emails) {
      await clients.sns(region).send(new SubscribeCommand({ TopicArn, Protocol: 'email', Endpoint }));
    }
  }
}
