import { GetBucketNotificationConfigurationCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import type { InvokeQueue, InvokeResources } from '../../../local-cloud/invocation/invoke-resources.ts';
import { readDeadLetters } from '../demo/pipeline/dead-letters.ts';

/** Max objects of a bucket to list; the rest are only counted. */
const NAMED_OBJECTS = 10;

/** Describes the contents of a stage's buckets and queues, for people. */
export async function describeContents(resources: InvokeResources): Promise<string> {
  const lines = ['--- afterwards'];
  for (const [bucket, region] of resources.buckets)
    lines.push(...(await describeBucket(resources.clients(region).s3, bucket)));
  for (const queue of resources.queues) lines.push(...(await describeQueue(resources, queue)));
  return lines.join('\n');
}

async function describeBucket(s3: S3Client, bucket: string): Promise<string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  const { QueueConfigurations = [] } = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: bucket }));
  const named = Contents.slice(0, NAMED_OBJECTS);
  return [
    `s3://${bucket}: ${countOf(Contents.length, 'object')}`,
    ...named.map(({ Key, Size }) => `  ${Key ?? ''}  ${Size ?? 0} bytes`),
    ...(Contents.length > named.length ? ['  ...'] : []),
    ...QueueConfigurations.map(({ Id, QueueArn }) => `  notification ${Id ?? ''} -> ${QueueArn ?? ''}`),
  ];
}

async function describeQueue(resources: InvokeResources, { name, region, url }: InvokeQueue): Promise<string[]> {
  const { sqs } = resources.clients(region);
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...names] }),
  );
  const count = names.reduce((sum, attribute) => sum + Number(Attributes[attribute] ?? 0), 0);
  const letters = name.endsWith('-dead-letters') ? await readDeadLetters({ name, sqs, url }) : [];
  return [`sqs ${name}: ${countOf(count, 'message')}`, ...letters.map(({ code, reason }) => `  ${code}: ${reason}`)];
}

function countOf(count: number, what: string): string {
  if (count === 0) return 'empty';
  return count === 1 ? `1 ${what}` : `${count} ${what}s`;
}
