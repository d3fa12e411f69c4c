import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { UploadedVersion } from './uploaded-object.ts';
import type { UploadRecord } from './uploader.ts';

/** One event in this many is repeated. */
const REPEAT_EVERY = 50;
/** SQS's limit for one call. */
const BATCH_SIZE = 10;

/**
 * Versions whose events are repeated: every draft and every deleted object, long after that happened, and some final
 * versions.
 */
export function chooseRepeated({ drafts, removals, objects }: UploadRecord): UploadedVersion[] {
  const { restored, traveling, undone } = removals;
  const chosen = objects.filter((object, index) => index % REPEAT_EVERY === 0 && !isOneOf(undone, object));
  return [...drafts, ...restored, ...traveling, ...undone, ...chosen];
}

function isOneOf(versions: readonly UploadedVersion[], { key }: UploadedVersion): boolean {
  return versions.some((version) => version.key === key);
}

/** Repeats events, as S3 may. In whatever order the pipeline sees them, the outcome must be the same. */
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
