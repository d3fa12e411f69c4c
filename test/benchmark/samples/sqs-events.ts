import type { Context, SQSEvent } from 'aws-lambda';
import type { SqsHandler } from '../../../src/wiring/source.ts';
import { SEED_BUCKET, seedEtag, seedKey, type WrittenObject } from '../server/contract.ts';
import type { Workload } from '../workloads.ts';

const RUN_MILLISECONDS = 900_000;

/** All events have the current time: for an archive over a day late, the target would query the table of deletions. */
const SENT = new Date();

/**
 * Lambda events that announce the objects of a workload, `batch` in each: one message per object, as S3 sends them.
 * Each is made when the previous one is done, because a function has one event at a time.
 */
export function* workloadEvents(workload: Workload, batch = workload.count): Generator<SQSEvent, void, undefined> {
  for (let from = 0; from < workload.count; from += batch) {
    const bodies = Array.from({ length: Math.min(batch, workload.count - from) }, (_, index) => {
      const key = seedKey(workload, from + index);
      return s3Notification(SEED_BUCKET, { key, etag: seedEtag(key), size: workload.size }, from + index);
    });
    yield* inBatches(bodies, batch);
  }
}

/** Events that announce archives; Lambda passes ten at a time to the target function. */
export function archiveEvents(archives: readonly WrittenObject[], bucket: string, batch = 10): SQSEvent[] {
  return inBatches(
    archives.map((archive, index) => s3Notification(bucket, archive, index)),
    batch,
  );
}

/** Passes events to a handler one after the other. @throws Error if a message is returned */
export async function processEvents(handler: SqsHandler, events: Iterable<SQSEvent>): Promise<void> {
  const context = { getRemainingTimeInMillis: () => RUN_MILLISECONDS } as Context;
  for (const event of events) {
    const { batchItemFailures } = await handler(event, context);
    if (batchItemFailures.length > 0) {
      throw new Error(`${batchItemFailures.length} of ${event.Records.length} messages returned to the queue`);
    }
  }
}

function inBatches(bodies: readonly string[], batch: number): SQSEvent[] {
  const events: SQSEvent[] = [];
  for (let at = 0; at < bodies.length; at += batch) {
    events.push({ Records: bodies.slice(at, at + batch).map((body, index) => sqsRecord(body, at + index)) });
  }
  return events;
}

function s3Notification(bucket: string, { key, etag, size }: WrittenObject, index: number): string {
  const record = {
    eventVersion: '2.6',
    eventSource: 'aws:s3',
    awsRegion: 'eu-west-1',
    eventTime: SENT.toISOString(),
    eventName: 'ObjectCreated:Put',
    userIdentity: { principalId: 'AWS:AIDABENCHMARK' },
    requestParameters: { sourceIPAddress: '203.0.113.7' },
    responseElements: {
      'x-amz-request-id': '79104EXAMPLEB723',
      'x-amz-id-2': 'IOWQ4fDEXAMPLEQM+ey7N9WgVhSnQ6JEXAMPLEZb7',
    },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: 'benchmark',
      bucket: { name: bucket, ownerIdentity: { principalId: 'A3' }, arn: `arn:aws:s3:::${bucket}` },
      object: { key: encodeURIComponent(key), size, eTag: etag, sequencer: (2 ** 40 + index).toString(16) },
    },
  };
  return JSON.stringify({ Records: [record] });
}

function sqsRecord(body: string, index: number): SQSEvent['Records'][number] {
  return {
    messageId: `message-${index}`,
    receiptHandle: `receipt-${index}`,
    body,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: String(SENT.getTime()),
      SenderId: 'AIDABENCHMARK',
      ApproximateFirstReceiveTimestamp: String(SENT.getTime()),
    },
    messageAttributes: {},
    md5OfBody: '9e107d9d372bb6826bd81d3542a419d6',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-west-1:111122223333:benchmark',
    awsRegion: 'eu-west-1',
  };
}
