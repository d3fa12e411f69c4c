import type { S3Client } from '@aws-sdk/client-s3';
import type { EmulatedRegion } from '../../../../local-cloud/emulated-cloud.ts';
import {
  createRegionClients,
  destroyRegionClients,
  type RegionClients,
} from '../../../../local-cloud/region-clients.ts';
import { S3CheckpointObject } from '../../../aws/s3/checkpoint-object.ts';
import { SqsBulkSender } from '../../../aws/sqs/bulk-sender.ts';
import { checkpointKey } from '../../../backfill/checkpoint.ts';
import { countMessagesAt } from '../../command/queue-counts.ts';
import type { RuleSession, RuleSessionOptions } from '../../command/rule-session.ts';
import { DemoFailedError } from '../errors.ts';
import type { EmulatedBackfill } from '../pipeline/pipeline.ts';

/**
 * The session of `s3xrc backfill` and `s3xrc verify` in the emulated regions, where their calls fail as often as those
 * of the functions.
 */
export function openDemoSession(
  { regions, queueUrl, progressBucket }: EmulatedBackfill,
  { rule }: RuleSessionOptions,
): RuleSession {
  const opened: RegionClients[] = [];
  const senders: SqsBulkSender[] = [];
  const open = (name: string): RegionClients => {
    const { endpoint } = regionOf(regions, name);
    const clients = createRegionClients(name, endpoint);
    opened.push(clients);
    return clients;
  };
  const { s3, sqs } = open(rule.source.region);
  return {
    s3,
    openS3: (region): S3Client => open(region).s3,
    // There is no CloudWatch here, and so no watermark.
    metrics: { readMaxima: (metrics) => Promise.resolve(metrics.map(() => [])) },
    openQueue: () => {
      const sender = new SqsBulkSender({ client: sqs, queueUrl });
      senders.push(sender);
      return Promise.resolve(sender);
    },
    countQueued: async (signal) => {
      const { waiting, inWork } = await countMessagesAt(sqs, queueUrl, signal);
      return waiting + inWork;
    },
    openCheckpoint: (kind) => Promise.resolve(new S3CheckpointObject(s3, progressBucket, checkpointKey(kind, rule.id))),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(senders.map((sender) => sender.close()));
      for (const clients of opened) destroyRegionClients(clients);
    },
  };
}

function regionOf(regions: ReadonlyMap<string, EmulatedRegion>, name: string): EmulatedRegion {
  const region = regions.get(name);
  if (region === undefined) throw new DemoFailedError(`There is no emulated region ${name}`);
  return region;
}
