import { GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** @returns undefined when there is no queue of this name */
export async function findQueueUrl(client: SQSClient, name: string): Promise<string | undefined> {
  try {
    return (await client.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl;
  } catch (thrown) {
    if (thrown instanceof Error && /QueueDoesNotExist|NonExistentQueue/.test(thrown.name)) return undefined;
    throw thrown;
  }
}
