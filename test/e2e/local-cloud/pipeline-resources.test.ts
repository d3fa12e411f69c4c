import { GetBucketLifecycleConfigurationCommand, GetBucketReplicationCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type EmulatedCloud, startEmulatedCloud } from '../../../local-cloud/emulated-cloud.ts';
import { createBucket } from '../../../local-cloud/pipeline/bucket-setup.ts';
import {
  createPipelineResources,
  type PipelineResources,
} from '../../../local-cloud/pipeline/create-pipeline-resources.ts';

const FOURTEEN_DAYS = 14 * 24 * 3600;

let cloud: EmulatedCloud;
let resources: PipelineResources;

beforeAll(async () => {
  cloud = await startEmulatedCloud({ regions: ['eu-west-1', 'us-east-1'] });
  // A bucket that existed before its rule, as most do.
  await createBucket(cloud.region('eu-west-1').s3, 'eu-west-1', 'data-eu');
  const rule = (id: string, sourceBucket: string) => ({
    id,
    region: 'eu-west-1',
    sourceBucket,
    sourcePrefix: '',
    outboundBucket: 'outbound',
    archivePrefix: `${id}/`,
    targetRegions: ['us-east-1'],
  });
  resources = await createPipelineResources(cloud, {
    rules: [rule('data', 'data'), rule('data-eu', 'data-eu')],
    inbound: [{ region: 'us-east-1', bucket: 'inbound' }],
    targets: [{ region: 'us-east-1', bucket: 'target' }],
    queues: { visibilitySeconds: 60, maxReceiveCount: 5 },
  });
});

afterAll(() => cloud.stop());

describe('the resources of a pipeline', () => {
  test('keeps every queue and its dead letters for 14 days (C1.14)', async () => {
    const { sqs } = cloud.region('eu-west-1');
    const pairs = [...resources.ruleQueues.values()];
    expect(pairs).toHaveLength(2);
    for (const { url } of pairs.flatMap((pair) => [pair, pair.deadLetters])) {
      const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }));
      expect(Attributes?.MessageRetentionPeriod).toBe(String(FOURTEEN_DAYS));
    }
  });

  test('gives each rule a queue of existing objects that shares its dead-letter queue', async () => {
    const { sqs } = cloud.region('eu-west-1');
    for (const [id, { url, deadLetters }] of resources.backfillQueues) {
      expect(deadLetters).toEqual(resources.ruleQueues.get(id)?.deadLetters);
      const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }));
      expect(Attributes?.QueueArn).toMatch(new RegExp(`:rule-${id}-backfill$`));
      expect(JSON.parse(Attributes?.RedrivePolicy ?? '')).toMatchObject({ deadLetterTargetArn: deadLetters.arn });
    }
    expect(resources.backfillQueues.size).toBe(2);
  });

  test('never expires an archive that was not restored (C1.3)', async () => {
    const lifecycle = cloud
      .region('us-east-1')
      .s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: 'inbound' }));
    await expect(lifecycle).rejects.toMatchObject({ name: 'NoSuchLifecycleConfiguration' });
  });

  test('gives each rule its own replication rule, with a prefix that ends in a slash (C2.3)', async () => {
    const { s3 } = cloud.region('eu-west-1');
    const { ReplicationConfiguration } = await s3.send(new GetBucketReplicationCommand({ Bucket: 'outbound' }));
    expect(ReplicationConfiguration?.Rules?.map(({ Filter }) => Filter?.Prefix)).toEqual(['data/', 'data-eu/']);
  });
});
