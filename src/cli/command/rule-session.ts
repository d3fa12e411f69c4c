import { setTimeout as delay } from 'node:timers/promises';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { CloudWatchMetricReader } from '../../aws/cloudwatch/metric-reader.ts';
import { S3CheckpointObject } from '../../aws/s3/checkpoint-object.ts';
import { SqsBulkSender } from '../../aws/sqs/bulk-sender.ts';
import { findQueueUrl } from '../../aws/sqs/queue-url.ts';
import { checkpointKey } from '../../backfill/checkpoint.ts';
import type { CheckpointStore, Clock } from '../../backfill/dependencies.ts';
import type { DeployedRule } from '../../configuration/deployed-rule.ts';
import { backfillQueueName, ownBucketName, ruleResourceName } from '../../configuration/schema/resource-names.ts';
import type { MetricReader } from '../../watermark/dependencies.ts';
import { DeployInputError } from './errors.ts';
import { countMessagesAt, type QueueCounts } from './queue-counts.ts';
import { delayAbort, raceAbort } from './race-abort.ts';

export interface RuleSessionOptions {
  readonly stackName: string;
  readonly rule: DeployedRule;
  readonly profile?: string | undefined;
  readonly queueUrl?: string | undefined;
  readonly progressBucket?: string | undefined;
  /** Aborts calls that wait for AWS. */
  readonly signal: AbortSignal;
}

/** The parts of a deployment that a rule's backfill and verification use. */
export interface RuleSession extends AsyncDisposable {
  /** For the source region. */
  readonly s3: S3Client;
  /** For another region. */
  readonly openS3: (region: string) => S3Client;
  readonly openQueue: () => Promise<SqsBulkSender>;
  /** Messages in that queue; undefined if that cannot be read. */
  readonly countQueued: (signal: AbortSignal) => Promise<number | undefined>;
  /** Of all regions. */
  readonly metrics: MetricReader;
  readonly openCheckpoint: (kind: 'backfill' | 'verify') => Promise<CheckpointStore>;
}

/** The same in an AWS account. */
export interface DeployedRuleSession extends RuleSession {
  /** 12 digits. */
  readonly account: () => Promise<string>;
  /** Name of the bucket of checkpoints. */
  readonly progressBucket: () => Promise<string>;
}

/** Opens it for a rule. */
export type OpenRuleSession = (options: RuleSessionOptions) => RuleSession;

export const SYSTEM_CLOCK: Clock = {
  now: Date.now,
  sleep: async (milliseconds, signal) => {
    await delay(milliseconds, undefined, { signal }).catch((thrown: unknown) => {
      signal.throwIfAborted();
      throw thrown;
    });
  },
};

/** Milliseconds that the last checkpoint may take after Ctrl-C. */
const LAST_SAVE_MS = 10_000;
/**
 * Milliseconds that messages in transit to SQS may take after Ctrl-C; those accepted in this time are in the last
 * checkpoint.
 */
const LAST_SEND_MS = 2_000;

/** Opens it in the account of the credentials that the AWS CLI would also use. */
export function openRuleSession({
  stackName,
  rule,
  profile,
  queueUrl,
  progressBucket,
  signal,
}: RuleSessionOptions): DeployedRuleSession {
  const { region } = rule.source;
  const access = profile === undefined ? {} : { profile };
  const opened: { destroy: () => void }[] = [];
  const keep = <T extends { destroy: () => void }>(client: T): T => {
    opened.push(client);
    return client;
  };
  const senders: SqsBulkSender[] = [];
  const openS3 = (where: string): S3Client => keep(new S3Client({ ...access, region: where }));
  const s3 = openS3(region);
  // Uses the region's endpoint, so that AWS_ENDPOINT_URL has an effect; otherwise the SDK would print a warning between
  // our lines.
  const openSqs = (): SQSClient => new SQSClient({ ...access, region, useQueueUrlAsEndpoint: false });
  const name = backfillQueueName(ruleResourceName(stackName, rule.id));
  const account = (): Promise<string> => raceAbort(accountOf(keep(new STSClient({ ...access, region }))), signal);
  const bucketOfProgress = async (): Promise<string> =>
    progressBucket ?? ownBucketName(stackName, await account(), region, 'progress');
  return {
    s3,
    openS3,
    metrics: new CloudWatchMetricReader((where) => keep(new CloudWatchClient({ ...access, region: where }))),
    openQueue: async () => {
      const client = keep(openSqs());
      const sender = new SqsBulkSender({
        client,
        signal: delayAbort(signal, LAST_SEND_MS),
        queueUrl: queueUrl ?? (await raceAbort(findQueue(client, name, region), signal)),
      });
      senders.push(sender);
      return sender;
    },
    countQueued: async (abortSignal) => {
      const client = keep(openSqs());
      try {
        const url = queueUrl ?? (await findQueueUrl(client, name));
        return url === undefined ? undefined : sumCounts(await countMessagesAt(client, url, abortSignal));
      } catch {
        // A user who may list buckets may lack access to queues.
        abortSignal.throwIfAborted();
        return undefined;
      }
    },
    openCheckpoint: async (kind) => {
      const store = new S3CheckpointObject(s3, await bucketOfProgress(), checkpointKey(kind, rule.id));
      const saving = delayAbort(signal, LAST_SAVE_MS);
      return {
        load: () => raceAbort(store.load(), signal),
        // The last checkpoint is saved after the signal: without it, --resume would queue the objects since the
        // previous one a second time.
        save: (checkpoint) => raceAbort(store.save(checkpoint), saving),
      };
    },
    account,
    progressBucket: bucketOfProgress,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(senders.map((sender) => sender.close()));
      for (const client of opened) client.destroy();
    },
  };
}

function sumCounts({ waiting, inWork }: QueueCounts): number {
  return waiting + inWork;
}

async function accountOf(sts: STSClient): Promise<string> {
  return (await sts.send(new GetCallerIdentityCommand({}))).Account ?? '';
}

async function findQueue(client: SQSClient, name: string, region: string): Promise<string> {
  const found = await findQueueUrl(client, name);
  if (found !== undefined) return found;
  throw new DeployInputError(
    `Queue ${name} does not exist in ${region}. Deploy this version first, or check which account your credentials belong to.`,
    { context: { queue: name, region } },
  );
}
