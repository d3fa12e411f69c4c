import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface Clients {
  readonly cloudFormation: CloudFormationClient;
  readonly cloudWatch: CloudWatchClient;
  readonly dynamodb: DynamoDBClient;
  readonly iam: IAMClient;
  readonly kms: KMSClient;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly sts: STSClient;
}

/** SDK clients of one identity in one region of the local cloud. */
export function makeClients(region: string, endpoint: string, credentials: Credentials): Clients {
  const shared = { region, endpoint, credentials };
  return {
    cloudFormation: new CloudFormationClient({ ...shared, maxAttempts: 1 }),
    cloudWatch: new CloudWatchClient(shared),
    dynamodb: new DynamoDBClient(shared),
    iam: new IAMClient(shared),
    kms: new KMSClient(shared),
    s3: new S3Client({ ...shared, forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED' }),
    sqs: new SQSClient(shared),
    sts: new STSClient(shared),
  };
}

export function destroyClients(clients: Clients): void {
  for (const client of Object.values(clients) as readonly { destroy(): void }[]) client.destroy();
}
