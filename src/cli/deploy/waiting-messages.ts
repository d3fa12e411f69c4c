import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { MessagesWaitingError, UnreadableQueuesError } from '../command/errors.ts';
import { listResources } from './read-stack.ts';

interface WaitingQueue {
  readonly name: string;
  /** Visible or delayed. */
  readonly waiting: number;
  /** Received and in progress. */
  readonly inWork: number;
}

interface Clients {
  readonly cloudFormation: CloudFormationClient;
  readonly sqs: SQSClient;
}

const COUNTS = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
] as const;

/**
 * Refuses to delete the stack of a queue that has messages: CloudFormation deletes queues together with their messages.
 * @param goes whether the nested stack with this logical id is deleted
 * @param cause why the queues are deleted, for the message
 * @throws MessagesWaitingError, UnreadableQueuesError
 */
export async function refuseWaitingMessages(
  stack: string,
  region: string,
  goes: (logicalId: string) => boolean,
  cause: string,
): Promise<void> {
  const clients: Clients = {
    cloudFormation: new CloudFormationClient({ region }),
    // Uses the region's endpoint instead of the one in a queue's URL, so that AWS_ENDPOINT_URL has an effect.
    sqs: new SQSClient({ region, useQueueUrlAsEndpoint: false }),
  };
  let queues: WaitingQueue[];
  try {
    queues = await findWaiting(stack, goes, clients);
  } catch (thrown) {
    const said = thrown instanceof Error ? thrown.message : String(thrown);
    throw new UnreadableQueuesError(
      `Cannot tell whether the queues of ${stack} in ${region} are empty: ${said}. This requires cloudformation:ListStackResources ` +
        'and sqs:GetQueueAttributes; --force skips this check.',
      { context: { stack, region }, cause: thrown },
    );
  } finally {
    clients.cloudFormation.destroy();
    clients.sqs.destroy();
  }
  if (queues.length === 0) return;
  const lines = [
    `${cause} deletes queues in ${region} that are not empty. Their messages would be lost:`,
    ...queues.map(({ name, waiting, inWork }) => `  ${name}: ${waiting} waiting, ${inWork} in progress`),
    'Drain them first ("Remove a rule" in docs/operations.md). --force continues and loses these messages.',
  ];
  throw new MessagesWaitingError(lines.join('\n'), { context: { stack, region, queues: queues.length } });
}

async function findWaiting(
  stack: string,
  goes: (logicalId: string) => boolean,
  clients: Clients,
): Promise<WaitingQueue[]> {
  const nested = (await listResources(clients.cloudFormation, stack)).filter(
    ({ ResourceType, LogicalResourceId = '' }) =>
      ResourceType === 'AWS::CloudFormation::Stack' && goes(LogicalResourceId),
  );
  const found: WaitingQueue[] = [];
  for (const { PhysicalResourceId: id = '' } of nested) {
    for (const { ResourceType, PhysicalResourceId: url = '' } of await listResources(clients.cloudFormation, id)) {
      if (ResourceType === 'AWS::SQS::Queue') found.push(await countWaiting(url, clients));
    }
  }
  return found.filter(({ waiting, inWork }) => waiting + inWork > 0);
}

/**
 * SQS's numbers are approximate for a minute after the last change: a queue that has just been drained may have to be
 * checked again.
 */
async function countWaiting(QueueUrl: string, { sqs }: Clients): Promise<WaitingQueue> {
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...COUNTS] }));
  const [visible, delayed, hidden] = COUNTS.map((name) => Number(Attributes[name] ?? 0));
  const name = QueueUrl.slice(QueueUrl.lastIndexOf('/') + 1);
  return { name, waiting: (visible ?? 0) + (delayed ?? 0), inWork: hidden ?? 0 };
}
