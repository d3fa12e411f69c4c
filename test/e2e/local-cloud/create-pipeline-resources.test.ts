import { GetBucketVersioningCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type EmulatedCloud, startEmulatedCloud } from '../../../local-cloud/emulated-cloud.ts';
import { ReplicationSetupError } from '../../../local-cloud/errors.ts';
import {
  createPipelineResources,
  type PipelineResources,
} from '../../../local-cloud/pipeline/create-pipeline-resources.ts';
import type { PipelinePlan } from '../../../local-cloud/pipeline/plan.ts';
import { Replicator } from '../../../local-cloud/replicator.ts';

const HOME = 'us-east-1';
const AWAY = 'eu-west-1';

const PLAN: PipelinePlan = {
  rules: ['logs', 'data'].map((id) => ({
    id,
    region: HOME,
    sourceBucket: 'source',
    sourcePrefix: `${id}/`,
    outboundBucket: 'outbound',
    archivePrefix: `rule-${id}/`,
    targetRegions: [AWAY],
  })),
  inbound: [{ region: AWAY, bucket: 'inbound' }],
  targets: [{ region: AWAY, bucket: 'restored' }],
  queues: { visibilitySeconds: 90, maxReceiveCount: 3 },
};

let cloud: EmulatedCloud;
let resources: PipelineResources;

beforeAll(async () => {
  cloud = await startEmulatedCloud({ regions: [HOME, AWAY] });
  resources = await createPipelineResources(cloud, PLAN);
});

afterAll(async () => {
  await cloud.stop();
});

async function receiveKeys(regionName: string, url: string | undefined): Promise<string[]> {
  const { sqs } = cloud.region(regionName);
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }));
  return Messages.flatMap(({ Body = '' }) => [...Body.matchAll(/"key": "([^"]*)"/g)].map((match) => match[1] ?? ''));
}

describe('createPipelineResources', () => {
  it('sends the event of a new object to the queue of the rule with its prefix', async () => {
    const { s3 } = cloud.region(HOME);
    for (const Key of ['logs/a', 'data/b', 'other/c']) {
      await s3.send(new PutObjectCommand({ Bucket: 'source', Key, Body: 'x' }));
    }
    expect(await receiveKeys(HOME, resources.ruleQueues.get('logs')?.url)).toEqual(['logs%2Fa']);
    expect(await receiveKeys(HOME, resources.ruleQueues.get('data')?.url)).toEqual(['data%2Fb']);
  });

  it('gives every queue the visibility timeout of the plan and a dead-letter queue', async () => {
    const queue = resources.targetQueues.get(AWAY);
    const { Attributes } = await cloud
      .region(AWAY)
      .sqs.send(new GetQueueAttributesCommand({ QueueUrl: queue?.url, AttributeNames: ['All'] }));
    expect(Attributes?.VisibilityTimeout).toBe('90');
    expect(JSON.parse(Attributes?.RedrivePolicy ?? '')).toEqual({
      deadLetterTargetArn: queue?.deadLetters.arn,
      maxReceiveCount: 3,
    });
  });

  it('brings an archive from the outbound bucket to the queue of its target region', async () => {
    const replicator = new Replicator({ regions: cloud.regions, sources: resources.outbound });
    await replicator.start();
    await cloud
      .region(HOME)
      .s3.send(new PutObjectCommand({ Bucket: 'outbound', Key: 'rule-logs/1.tar.zst', Body: 'x' }));
    await replicator.idle();
    await replicator.stop();
    expect(await receiveKeys(AWAY, resources.targetQueues.get(AWAY)?.url)).toEqual(['rule-logs%2F1.tar.zst']);
  });

  it('enables versioning only for buckets that replicate', async () => {
    const status = async (region: string, Bucket: string) =>
      (await cloud.region(region).s3.send(new GetBucketVersioningCommand({ Bucket }))).Status;
    expect(await status(HOME, 'outbound')).toBe('Enabled');
    expect(await status(AWAY, 'inbound')).toBe('Enabled');
    expect(await status(HOME, 'source')).toBeUndefined();
  });

  it('refuses a rule whose target region has no inbound bucket', async () => {
    const rules = PLAN.rules.map((rule) => ({
      ...rule,
      sourceBucket: 'second-source',
      outboundBucket: 'second-outbound',
      id: `second-${rule.id}`,
      targetRegions: [HOME],
    }));
    const refused = createPipelineResources(cloud, { ...PLAN, rules, inbound: [], targets: [] });
    await expect(refused).rejects.toThrow(ReplicationSetupError);
  });
});
