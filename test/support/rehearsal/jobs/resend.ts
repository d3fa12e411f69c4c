import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect } from '@jest/globals';
import { replicationFailureEvent } from '../../../../local-cloud/replication/failure-event.ts';
import { clientsOf, deliver, emptyQueues, type Job, readDeadLetters, variable } from '../job.ts';

const MINUTE = 60_000;
let round = 0;

/**
 * The complete job of a source region's resend function. It resends an archive that failed an hour ago, delays one that
 * failed just now, keeps one that was resent too often, settles one that is gone, and dead-letters a message that is
 * not a failure, with its reason.
 */
export async function run(job: Job): Promise<void> {
  round += 1;
  await emptyQueues(job);
  const { s3, sqs } = clientsOf(job);
  const Bucket = variable(job, 'OUTBOUND_BUCKET');
  const QueueUrl = variable(job, 'QUEUE_URL');
  const fail = async (name: string, minutesAgo: number, metadata?: Record<string, string>) => {
    const Key = `some-rule/round-${round}-${name}.tar.zst`;
    const { VersionId = '' } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: name, Metadata: metadata }));
    await report(Key, VersionId, minutesAgo);
    return { Bucket, Key, versionId: VersionId };
  };
  const report = async (key: string, versionId: string, minutesAgo: number) => {
    const event = replicationFailureEvent(
      { bucket: Bucket, key, versionId, etag: '', size: 1 },
      { ruleId: 'some-rule', destinationBucket: 'somewhere', hasMetrics: true },
      'DstPutObjectNotPermitted',
      { region: job.deployed.region, configurationId: 'failures', time: new Date(Date.now() - minutesAgo * MINUTE) },
    );
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(event) }));
  };
  const again = await fail('again', 60);
  await fail('wait', 0);
  const kept = await fail('kept', 60, { 's3xrc-resends': variable(job, 'MAX_RESENDS') });
  await report(`some-rule/round-${round}-gone.tar.zst`, again.versionId, 60);
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'no event' }));

  // Only the delayed message returns to the queue.
  expect(await deliver(job)).toHaveLength(1);
  expect(await readDeadLetters(job)).toHaveLength(1);
  const { VersionId, Metadata } = await s3.send(new GetObjectCommand({ Bucket, Key: again.Key }));
  expect(VersionId).not.toBe(again.versionId);
  expect(Metadata).toMatchObject({ 's3xrc-resends': '1' });
  const place = { Bucket: variable(job, 'FAILED_BUCKET'), Prefix: `failed/${kept.Key}` };
  expect((await s3.send(new ListObjectsV2Command(place))).Contents).toHaveLength(1);
}
