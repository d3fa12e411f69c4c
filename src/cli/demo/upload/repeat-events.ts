import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { UploadRecord } from './upload-objects.ts';
import type { UploadedVersion } from './uploaded-object.ts';

/** One event in so many is sent a second time. */
const REPEAT_EVERY = 50;
/** SQS's limit for one call. */
const BATCH_SIZE = 10;

/**
 * Sends some events again, as S3 may: those of every draft, now long after their successors, and of some final
 * versions. Whatever the order in which the pipeline sees them, the outcome must be the same.
 * @returns how many were sent
 */
export async function repeatEvents(
  queue: { readonly sqs: SQSClient; readonly queueUrl: string; readonly bucket: string },
  { drafts, objects }: UploadRecord,
): Promise<number> {
  const repeated = [...drafts, ...objects.filter((_, index) => index % REPEAT_EVERY === REPEAT_EVERY - 1)];
  for (let start = 0; start < repeated.length; start += BATCH_SIZE) {
    const entries = repeated.slice(start, start + BATCH_SIZE).map((version, index) => ({
      Id: String(index),
      MessageBody: JSON.stringify(createdEvent(queue.bucket, version)),
    }));
    await queue.sqs.send(new SendMessageBatchCommand({ QueueUrl: queue.queueUrl, Entries: entries }));
  }
  return repeated.length;
}

/** What S3 puts into a queue, as far as anybody reads it. Keys are encoded as in a form: spaces are `+`. */
function createdEvent(bucket: string, { key, etag, size, begun }: UploadedVersion): unknown {
  const form = new URLSearchParams({ key }).toString();
  return {
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        eventTime: new Date(begun).toISOString(),
        eventName: 'ObjectCreated:Put',
        s3: {
          s3SchemaVersion: '1.0',
          bucket: { name: bucket },
          object: { key: form.slice('key='.length), size, eTag: etag },
        },
      },
    ],
  };
}
