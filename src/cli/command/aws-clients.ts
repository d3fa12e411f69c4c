import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ECSClient } from '@aws-sdk/client-ecs';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';

/** Options of every client of a command. */
interface ClientConfiguration {
  readonly region: string;
  readonly profile?: string;
  readonly maxAttempts: number;
  readonly requestHandler: {
    readonly connectionTimeout: number;
    readonly requestTimeout: number;
    readonly throwOnRequestTimeout: boolean;
  };
}

interface Closable {
  destroy(): void;
}

/** Reading an account's state is worth one more attempt, but not minutes of retries. */
const ATTEMPTS = 2;
const CONNECTION_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 15_000;

/** Clients of the services that a command uses, one per service and region, created when first needed. */
export class AwsClients {
  readonly #profile: string | undefined;
  readonly #requestTimeout: number;
  readonly #made = new Map<string, Closable>();

  /**
   * @param profile AWS profile; absent: from the environment
   * @param patience milliseconds that the caller waits for several calls together: one call gets half of that, or the
   *   usual timeout if that is longer
   */
  constructor(profile?: string, patience = 0) {
    this.#profile = profile;
    this.#requestTimeout = Math.max(REQUEST_TIMEOUT_MS, patience / 2);
  }

  cloudFormation(region: string): CloudFormationClient {
    return this.#client('cloudformation', region, (options) => new CloudFormationClient(options));
  }

  cloudWatch(region: string): CloudWatchClient {
    return this.#client('cloudwatch', region, (options) => new CloudWatchClient(options));
  }

  async dynamoDb(region: string): Promise<DynamoDBClient> {
    const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb');
    return this.#client('dynamodb', region, (options) => new DynamoDBClient(options));
  }

  /** Loaded when first needed: it is ten times as large as all others together. */
  async ec2(region: string): Promise<EC2Client> {
    const { EC2Client } = await import('@aws-sdk/client-ec2');
    return this.#client('ec2', region, (options) => new EC2Client(options));
  }

  ecr(region: string): ECRClient {
    return this.#client('ecr', region, (options) => new ECRClient(options));
  }

  ecs(region: string): ECSClient {
    return this.#client('ecs', region, (options) => new ECSClient(options));
  }

  kms(region: string): KMSClient {
    return this.#client('kms', region, (options) => new KMSClient(options));
  }

  lambda(region: string): LambdaClient {
    return this.#client('lambda', region, (options) => new LambdaClient(options));
  }

  async logs(region: string): Promise<CloudWatchLogsClient> {
    const { CloudWatchLogsClient } = await import('@aws-sdk/client-cloudwatch-logs');
    return this.#client('logs', region, (options) => new CloudWatchLogsClient(options));
  }

  /** Also finds buckets of other regions. */
  s3(region: string): S3Client {
    return this.#client('s3', region, (options) => new S3Client({ ...options, followRegionRedirects: true }));
  }

  serviceQuotas(region: string): ServiceQuotasClient {
    return this.#client('quotas', region, (options) => new ServiceQuotasClient(options));
  }

  sns(region: string): SNSClient {
    return this.#client('sns', region, (options) => new SNSClient(options));
  }

  /** Uses the region's endpoint instead of the one in a queue's URL, so that AWS_ENDPOINT_URL has an effect. */
  sqs(region: string): SQSClient {
    return this.#client('sqs', region, (options) => new SQSClient({ ...options, useQueueUrlAsEndpoint: false }));
  }

  sts(region: string): STSClient {
    return this.#client('sts', region, (options) => new STSClient(options));
  }

  /** Closes their connections. */
  close(): void {
    for (const client of this.#made.values()) client.destroy();
    this.#made.clear();
  }

  #client<T extends Closable>(service: string, region: string, make: (options: ClientConfiguration) => T): T {
    const id = `${service} ${region}`;
    const made = this.#made.get(id);
    if (made !== undefined) return made as T;
    const client = make({
      region,
      ...(this.#profile === undefined ? {} : { profile: this.#profile }),
      maxAttempts: ATTEMPTS,
      requestHandler: {
        connectionTimeout: CONNECTION_TIMEOUT_MS,
        requestTimeout: this.#requestTimeout,
        // Otherwise the SDK only prints a warning and keeps waiting.
        throwOnRequestTimeout: true,
      },
    });
    this.#made.set(id, client);
    return client;
  }
}
