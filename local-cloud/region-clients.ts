import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';

/** The local servers do not check signatures, but take the region and the service from them. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' } as const;

/** The account that moto invents. */
export const LOCAL_ACCOUNT_ID = '123456789012';

/** SDK clients of one emulated region. */
export interface RegionClients {
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly dynamodb: DynamoDBClient;
}

export function createRegionClients(region: string, endpoint: string): RegionClients {
  const shared = {
    region,
    endpoint,
    credentials: LOCAL_CREDENTIALS,
    // Overrides the user's variables and `~/.aws/config`: the SDK refuses these options together with an endpoint.
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
  };
  return {
    s3: new S3Client({
      ...shared,
      forcePathStyle: true,
      // With it, Node writes headers as UTF-8, not Latin-1, for bodies of 2 MiB or more, and non-ASCII metadata arrives
      // encoded twice.
      expectContinueHeader: false,
      // The SDK's own checksums take more time than the local servers.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    }),
    sqs: new SQSClient(shared),
    dynamodb: new DynamoDBClient(shared),
  };
}

export function destroyRegionClients({ s3, sqs, dynamodb }: RegionClients): void {
  for (const client of [s3, sqs, dynamodb]) client.destroy();
}
