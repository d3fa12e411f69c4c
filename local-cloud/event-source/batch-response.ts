import * as z from 'zod';

/** The outcome of a batch: every message returns to the queue, or only those that are listed. */
export type BatchOutcome =
  | { readonly kind: 'whole batch failed'; readonly reason: string }
  | { readonly kind: 'answered'; readonly failedIds: ReadonlySet<string> };

const responseSchema = z
  .object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string().min(1) })).nullish() })
  .nullish();

/**
 * Reads the response of a function with `ReportBatchItemFailures`, as Lambda does.
 *
 * | response | outcome |
 * |---|---|
 * | nothing, null, `{}`, `batchItemFailures` null or empty | all messages are done |
 * | `batchItemFailures` lists messages of the batch | those return, the rest are done |
 * | an identifier that is empty, null, misnamed or not in the batch | the whole batch returns |
 * | anything that is not such an object | the whole batch returns |
 *
 * Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS", success and failure conditions.
 */
export function readBatchResponse(response: unknown, messageIds: ReadonlySet<string>): BatchOutcome {
  const parsed = responseSchema.safeParse(response);
  if (!parsed.success) return { kind: 'whole batch failed', reason: z.prettifyError(parsed.error) };
  const failedIds = new Set((parsed.data?.batchItemFailures ?? []).map((failure) => failure.itemIdentifier));
  const strangers = [...failedIds].filter((id) => !messageIds.has(id));
  if (strangers.length > 0) {
    return { kind: 'whole batch failed', reason: `Not in the batch: ${strangers.join(', ')}` };
  }
  return { kind: 'answered', failedIds };
}
