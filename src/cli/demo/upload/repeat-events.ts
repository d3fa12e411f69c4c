import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { UploadedVersion } from './uploaded-object.ts';
import type { UploadRecord } from './uploader.ts';

/** One event in so many is sent a second time. */
const REPEAT_EVERY = 50;
/** SQS's limit for one call. */
const BATCH_SIZE = 10;

/** Versions whose events come again: every draft, now long after its successor, and some final versions. */
export function chooseRepeated({ drafts, objects }: UploadRecord): UploadedVersion[] {
  return [...drafts, ...objects.filter((_, index) => index % REPEAT_EVERY === 0)];
}

/** Sends events again, as S3 may. Whatever the order in which the pipeline sees them, the outcome must be the same. */
export async function repeatEvents(
  queue: { readonly sqs: SQSClient; readonly queueUrl: string },
  bodies: readonly string[],
): Promise<void> {
  for (let start = 0; start < bodies.length; start += BATCH_SIZE) {
    const entries = bodies
      .slice(start, start + BATCH_SIZE)
      .map((body, index) => ({ Id: String(index), MessageBody: body }));
    await queue.sqs.send(new SendMessageBatchCommand({ QueueUrl: queue.queueUrl, Entries: entries }));
  }
}
