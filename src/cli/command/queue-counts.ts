import { GetQueueAttributesCommand, GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs';

const COUNTS = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
] as const;

/** Messages in a queue; approximate for a minute after a change. */
export interface QueueCounts {
  /** Visible or delayed. */
  readonly waiting: number;
  /** Received, and neither acknowledged nor released. */
  readonly inWork: number;
}

/** Throws the SDK's QueueDoesNotExist, and other errors of SQS. */
export async function countMessages(sqs: SQSClient, QueueName: string, abortSignal: AbortSignal): Promise<QueueCounts> {
  const { QueueUrl = '' } = await sqs.send(new GetQueueUrlCommand({ QueueName }), { abortSignal });
  return await countMessagesAt(sqs, QueueUrl, abortSignal);
}

/** The same for a queue whose URL is known. */
export async function countMessagesAt(
  sqs: SQSClient,
  QueueUrl: string,
  abortSignal: AbortSignal,
): Promise<QueueCounts> {
  const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...COUNTS] });
  const { Attributes = {} } = await sqs.send(command, { abortSignal });
  const [visible = 0, delayed = 0, inWork = 0] = COUNTS.map((name) => Number(Attributes[name] ?? 0));
  return { waiting: visible + delayed, inWork };
}
