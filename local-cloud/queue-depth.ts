import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';

/**
 * Whether a queue holds nothing at all: visible, delayed or in flight. It looks twice: the three counts of one answer are not
 * of one moment, so that a message which becomes visible between them is in none.
 */
export async function queueIsEmpty(sqs: SQSClient, queueUrl: string): Promise<boolean> {
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
