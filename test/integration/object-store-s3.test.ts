import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { startAwsServer } from '../../local-cloud/aws-server.ts';
import { S3ObjectStore } from '../../src/aws/s3/object-store.ts';
import { describeObjectStore } from '../support/describe-object-store.ts';

describeObjectStore('S3', async () => {
  const region = 'eu-west-1';
  const server = await startAwsServer({ region });
  const client = new S3Client({
    endpoint: server.endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const bucket = 'conformance';
  await client.send(
    new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: region } }),
  );
  const store = new S3ObjectStore({ client });
  return {
    store,
    bucket,
    async close() {
      await store.close();
      client.destroy();
      await server.stop();
    },
  };
});
