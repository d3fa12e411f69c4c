import { DetectStackDriftCommand, ListStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { BatchDeleteImageCommand, ListImagesCommand } from '@aws-sdk/client-ecr';
import { DisableKeyCommand, ListAliasesCommand } from '@aws-sdk/client-kms';
import {
  PutFunctionConcurrencyCommand,
  PutFunctionRecursionConfigCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import {
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteBucketReplicationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { ListSubscriptionsByTopicCommand, SetTopicAttributesCommand, UnsubscribeCommand } from '@aws-sdk/client-sns';
import { DeleteQueueCommand, GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { AwsClients } from '../../../src/cli/command/aws-clients.ts';
import { backfillQueueName, ruleResourceName } from '../../../src/configuration/schema/resource-names.ts';
import { EMULATED_ACCOUNT } from '../emulator/aws-emulator.ts';
import { alarmTopic } from './account.ts';
import {
  ruleBetween,
  SETTINGS,
  type Settings,
  SOURCE,
  settingsOf,
  TARGET,
  writeConfiguration,
} from './configuration.ts';

const OUTBOUND = `app-${EMULATED_ACCOUNT}-${SOURCE}-outbound`;
const OPERATOR = 'operator@own.test';

/** For an account without problems: see `operate`. */
export const WELL_SETTINGS: Settings = { ...SETTINGS, notification_emails: [OPERATOR] };
export const wellRule = (bucket: string, copy: string): object => ruleBetween(bucket, copy, { deletes: 'replicate' });

/** A role that no rule uses, and an address from the example. */
const BROKEN_SETTINGS: Settings = {
  ...settingsOf({ [SOURCE]: ['source', 'target'], [TARGET]: ['source', 'target'] }),
  notification_emails: [OPERATOR, 'someone@example.com'],
};

/** As many concurrent invocations as the account has in total, in a region that also receives. */
function brokenRule(bucket: string, copy: string): object {
  return {
    source: { region: SOURCE, bucket, deletes: 'replicate', scaling_limit: 1000 },
    destinations: [
      { region: TARGET, bucket: copy },
      { region: SOURCE, bucket: `${copy}-nearby` },
    ],
  };
}

/** One fault, and the text that the finding of a group must contain. */
export interface Break {
  readonly group: string;
  readonly what: string;
  readonly run: () => Promise<unknown>;
  readonly found: RegExp;
  readonly fix: RegExp;
}

/** Where the faults are: an account on an emulator, and its configuration. */
export interface BrokenAccount {
  readonly clients: AwsClients;
  /** Folder of the configuration files. */
  readonly folder: string;
  /** Id of the rule. */
  readonly rule: string;
  readonly bucket: string;
  readonly copy: string;
}

/** At least one for each group that checks something in an AWS account. */
export function breaksOf({ clients, folder, rule, bucket, copy }: BrokenAccount): readonly Break[] {
  return [
    {
      group: 'configuration',
      what: 'an address from the example',
      run: () => writeConfiguration(folder, [brokenRule(bucket, copy)], BROKEN_SETTINGS),
      found: /values: .*someone@example\.com/,
      fix: /settings\.json/,
    },
    {
      group: 'regions',
      what: 'a role that no rule uses, in the same files',
      run: () => Promise.resolve(),
      found: /^us-east-1: It has the role source, but no rule uses that/,
      fix: /^remove "source" from source_target in settings\.json/,
    },
    {
      group: 'quotas',
      what: 'a rule that may use more concurrency than Lambda has, in the same files',
      run: () => Promise.resolve(),
      found:
        /^Lambda concurrency \(eu-west-1\): The functions may use \d+ concurrent executions; the account allows \d+/,
      fix: /^aws service-quotas request-service-quota-increase --region eu-west-1 --service-code lambda /,
    },
    {
      group: 'buckets',
      what: 'a destination bucket that was deleted',
      run: () => clients.s3(TARGET).send(new DeleteBucketCommand({ Bucket: copy })),
      found: new RegExp(`destination bucket ${copy} does not exist`),
      fix: new RegExp(`^aws s3 mb s3://${copy} --region us-east-1$`),
    },
    {
      group: 'buckets',
      what: 'a notification that someone removed',
      run: () =>
        clients
          .s3(SOURCE)
          .send(new PutBucketNotificationConfigurationCommand({ Bucket: bucket, NotificationConfiguration: {} })),
      found: new RegExp(`source bucket ${bucket} .*does not notify the queues`),
      fix: /^s3xrc deploy --repair --region eu-west-1$/,
    },
    {
      group: 'replication',
      what: 'replication rules that someone removed',
      run: () => clients.s3(SOURCE).send(new DeleteBucketReplicationCommand({ Bucket: OUTBOUND })),
      found: /rules of .*-outbound: Missing, disabled or changed/,
      fix: /^s3xrc deploy --repair --region eu-west-1$/,
    },
    {
      group: 'keys',
      what: 'a disabled key',
      run: async () => {
        const { Aliases = [] } = await clients.kms(TARGET).send(new ListAliasesCommand({}));
        const KeyId = Aliases.find(({ AliasName }) => AliasName === 'alias/app')?.TargetKeyId;
        await clients.kms(TARGET).send(new DisableKeyCommand({ KeyId }));
      },
      found: /alias\/app .*cannot be used: its state is Disabled/,
      fix: /^aws kms describe-key/,
    },
    {
      group: 'stacks',
      what: 'a topic that was changed by hand',
      run: async () => {
        const TopicArn = await alarmTopic(SOURCE, clients);
        const change = { TopicArn, AttributeName: 'DisplayName', AttributeValue: 'changed by hand' };
        await clients.sns(SOURCE).send(new SetTopicAttributesCommand(change));
        const nested = await clients.cloudFormation(SOURCE).send(new ListStackResourcesCommand({ StackName: 'app' }));
        const region = nested.StackResourceSummaries?.find(
          ({ LogicalResourceId }) => LogicalResourceId === 'RegionEuWest1',
        );
        await clients
          .cloudFormation(SOURCE)
          .send(new DetectStackDriftCommand({ StackName: region?.PhysicalResourceId }));
      },
      found: /app-RegionEuWest1.* changed by hand/,
      fix: /^aws cloudformation describe-stack-resource-drifts/,
    },
    {
      group: 'functions',
      what: 'a disabled function',
      run: () =>
        clients
          .lambda(SOURCE)
          .send(new PutFunctionConcurrencyCommand({ FunctionName: 'app-watermark', ReservedConcurrentExecutions: 0 })),
      found: /app-watermark .*disabled/,
      fix: /^aws lambda delete-function-concurrency .*app-watermark$/,
    },
    {
      group: 'functions',
      what: 'a function whose invocations Lambda would drop as a loop',
      run: () =>
        clients
          .lambda(TARGET)
          .send(new PutFunctionRecursionConfigCommand({ FunctionName: 'app-target', RecursiveLoop: 'Terminate' })),
      found: /app-target .*loop/,
      fix: /--recursive-loop Allow$/,
    },
    {
      group: 'functions',
      what: 'a function with another version than all others',
      run: () =>
        clients.lambda(SOURCE).send(
          new UpdateFunctionCodeCommand({
            FunctionName: 'app-resend',
            ImageUri: `${EMULATED_ACCOUNT}.dkr.ecr.${SOURCE}.amazonaws.com/app@sha256:${'2'.repeat(64)}`,
          }),
        ),
      found: /versions: app-resend \(eu-west-1\) runs sha256:2{12}; the other 5 run sha256:/,
      fix: /^s3xrc deploy$/,
    },
    {
      group: 'repository',
      what: 'an image that was deleted',
      run: async () => {
        const { imageIds } = await clients.ecr(TARGET).send(new ListImagesCommand({ repositoryName: 'app' }));
        await clients.ecr(TARGET).send(new BatchDeleteImageCommand({ repositoryName: 'app', imageIds }));
      },
      found: /image \(us-east-1\).*no longer in the registry/,
      fix: /^s3xrc deploy --region us-east-1$/,
    },
    {
      group: 'queues',
      what: 'a dead letter',
      run: async () => {
        const QueueName = `${ruleResourceName('app', rule)}-dead-letters`;
        const { QueueUrl } = await clients.sqs(SOURCE).send(new GetQueueUrlCommand({ QueueName }));
        await clients.sqs(SOURCE).send(new SendMessageCommand({ QueueUrl, MessageBody: 'given up' }));
      },
      found: /-dead-letters .*1 message given up/,
      fix: /^s3xrc dead-letters list --region eu-west-1 --queue app-[\w-]+-dead-letters$/,
    },
    {
      group: 'queues',
      what: 'a queue of existing objects that was deleted',
      run: async () => {
        const QueueName = backfillQueueName(ruleResourceName('app', rule));
        const { QueueUrl } = await clients.sqs(SOURCE).send(new GetQueueUrlCommand({ QueueName }));
        await clients.sqs(SOURCE).send(new DeleteQueueCommand({ QueueUrl }));
      },
      found: /-backfill \(eu-west-1\): It does not exist, although the region is deployed/,
      fix: /^remove what it belongs to from the configuration/,
    },
    {
      group: 'verification',
      what: 'a bucket of checkpoints that was deleted',
      run: () =>
        clients.s3(SOURCE).send(new DeleteBucketCommand({ Bucket: `app-${EMULATED_ACCOUNT}-${SOURCE}-progress` })),
      found: /checkpoint of .* in app-.*-progress \(eu-west-1\): It does not exist, although the region is deployed/,
      fix: /^remove what it belongs to from the configuration/,
    },
    {
      group: 'deletions',
      what: 'a deletion table without expiry',
      run: async () =>
        (await clients.dynamoDb(TARGET)).send(
          new UpdateTimeToLiveCommand({
            TableName: 'app-deletions',
            TimeToLiveSpecification: { AttributeName: 'ExpiresAt', Enabled: false },
          }),
        ),
      found: /app-deletions \(us-east-1\): Its items never expire/,
      fix: /^aws dynamodb update-time-to-live --region us-east-1 --table-name app-deletions .*AttributeName=ExpiresAt$/,
    },
    {
      group: 'replication',
      what: 'an inbound bucket without versioning',
      run: () =>
        clients.s3(TARGET).send(
          new PutBucketVersioningCommand({
            Bucket: `app-${EMULATED_ACCOUNT}-${TARGET}-inbound`,
            VersioningConfiguration: { Status: 'Suspended' },
          }),
        ),
      found: /-inbound.*Is not versioned/,
      fix: /^aws s3api put-bucket-versioning .*Status=Enabled$/,
    },
    {
      group: 'archives',
      what: 'an archive that was given up',
      run: () =>
        clients.s3(SOURCE).send(
          new PutObjectCommand({
            Bucket: `app-${EMULATED_ACCOUNT}-${SOURCE}-failed`,
            Key: `failed/${rule}/20261101T000000000Z-x.tar.zst`,
            Body: 'archive',
          }),
        ),
      found: /given up \(eu-west-1\).*1 archive/,
      fix: /^s3xrc resend eu-west-1$/,
    },
    {
      group: 'uploads',
      what: 'an abandoned upload (three days later)',
      run: () =>
        clients.s3(SOURCE).send(new CreateMultipartUploadCommand({ Bucket: OUTBOUND, Key: `${rule}/interrupted` })),
      found: /1 upload older than two days/,
      fix: /^aws s3api abort-multipart-upload .*interrupted/,
    },
    {
      group: 'alarms',
      what: 'an alarm in state ALARM',
      run: () =>
        clients.cloudWatch(TARGET).send(
          new SetAlarmStateCommand({
            AlarmName: 'app-target-dead-letters',
            StateValue: 'ALARM',
            StateReason: 'Threshold crossed',
          }),
        ),
      found: /app-target-dead-letters .*Is on.*Threshold crossed/,
      fix: /^follow docs\/operations\.md#dead-letters$/,
    },
    {
      group: 'alarms',
      what: 'a source bucket without its notification, reported by the watermark function',
      run: () =>
        clients.cloudWatch(SOURCE).send(
          new SetAlarmStateCommand({
            AlarmName: 'app-notifications-missing',
            StateValue: 'ALARM',
            StateReason: 'Threshold crossed',
          }),
        ),
      found: /app-notifications-missing .*Is on/,
      fix: /^follow docs\/operations\.md#/,
    },
    {
      group: 'subscriptions',
      what: 'an address that is no longer subscribed',
      run: async () => {
        const TopicArn = await alarmTopic(SOURCE, clients);
        const listed = await clients.sns(SOURCE).send(new ListSubscriptionsByTopicCommand({ TopicArn }));
        const [subscription] = listed.Subscriptions ?? [];
        await clients.sns(SOURCE).send(new UnsubscribeCommand({ SubscriptionArn: subscription?.SubscriptionArn }));
      },
      found: /operator@own\.test \(eu-west-1\): Is not subscribed/,
      fix: /^aws sns subscribe --region eu-west-1 .*operator@own\.test$/,
    },
  ];
}
