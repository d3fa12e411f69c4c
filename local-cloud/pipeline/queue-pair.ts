import { CreateQueueCommand, GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { QueuePlan } from './plan.ts';

export interface LocalQueue {
  readonly url: string;
  readonly arn: string;
}

/** A queue and the dead-letter queue that it redrives to. */
export interface QueuePair extends LocalQueue {
  readonly deadLetters: LocalQueue;
}

/** SQS's longest retention, 14 days. */
const RETENTION_SECONDS = '1209600';

export async function createQueuePair(sqs: SQSClient, name: string, plan: QueuePlan): Promise<QueuePair> {
  return createRedrivenQueue(sqs, name, await createQueue(sqs, `${name}-dead-letters`, {}), plan);
}

/** A queue whose dead-letter queue may be shared with another one. */
export async function createRedrivenQueue(
  sqs: SQSClient,
  name: string,
  deadLetters: LocalQueue,
  plan: QueuePlan,
): Promise<QueuePair> {
  const queue = await createQueue(sqs, name, {
    VisibilityTimeout: String(plan.visibilitySeconds),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount: plan.maxReceiveCount }),
  });
  return { ...queue, deadLetters };
}

export async function createQueue(
  sqs: SQSClient,
  name: string,
  attributes: Readonly<Record<string, string>>,
): Promise<LocalQueue> {
  const { QueueUrl = '' } = await sqs.send(
    new CreateQueueCommand({
      QueueName: name,
      Attributes: { MessageRetentionPeriod: RETENTION_SECONDS, ...attributes },
    }),
  );
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  return { url: QueueUrl, arn: Attributes?.QueueArn ?? '' };
}
