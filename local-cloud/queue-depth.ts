import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';

/**
 * Whether a queue has no messages at all: visible, delayed or in flight. It checks twice, because the three counts of
 * one response are not from the same moment: a message that becomes visible in between can be missing from all of them.
 */
export async function isQueueEmpty(sqs: SQSClient, queueUrl: string): Promise<boolean> {
  return (await countsNothing(sqs, queueUrl)) && (await countsNothing(sqs, queueUrl));
}

async function countsNothing(sqs: SQSClient, queueUrl: string): Promise<boolean> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ],
    }),
  );
  return Object.values(Attributes ?? {}).every((count) => Number(count) === 0);
}
