import { QueueDoesNotExist } from '@aws-sdk/client-sqs';
import { type DeployedQueue, deployedNames } from '../../command/deployed-names.ts';
import { formatPlural } from '../../command/numbers.ts';
import { countMessages } from '../../command/queue-counts.ts';
import type { Check, CheckContext, CheckGroup } from '../check.ts';
import { type Diagnosis, failure, ok } from '../diagnosis.ts';

/**
 * Checks that each queue exists, and how many messages are in it and in its dead-letter queue. Each is a separate
 * check.
 */
export const QUEUE_CHECKS: CheckGroup = {
  name: 'queues',
  title: 'Queues and dead letters',
  checksOf: (context) =>
    context.plans.flatMap((plan) =>
      deployedNames(context.configuration, plan).queues.flatMap((queue) => checksOf(queue, plan.region, context)),
    ),
};

function checksOf(queue: DeployedQueue, region: string, context: CheckContext): Check[] {
  const check = (name: string, look: typeof checkQueue): Check => ({
    subject: `${name} (${region})`,
    takes: 'sqs:GetQueueUrl and sqs:GetQueueAttributes',
    run: (signal) =>
      context.deployments.whenPartDeployed(region, queue, async () => [await look(queue, region, context, signal)]),
  });
  return [
    check(queue.name, checkQueue),
    ...(queue.kind === 'backfill' ? [] : [check(queue.deadLetters, checkDeadLetters)]),
  ];
}

async function checkQueue(
  { name }: DeployedQueue,
  region: string,
  { clients, deployments }: CheckContext,
  signal: AbortSignal,
): Promise<Diagnosis> {
  const subject = `${name} (${region})`;
  try {
    const { waiting, inWork } = await countMessages(clients.sqs(region), name, signal);
    return ok(subject, `${waiting} waiting, ${inWork} in progress.`);
  } catch (thrown) {
    if (thrown instanceof QueueDoesNotExist) return deployments.missing(region, subject);
    throw thrown;
  }
}

async function checkDeadLetters(
  { deadLetters }: DeployedQueue,
  region: string,
  { clients, deployments }: CheckContext,
  signal: AbortSignal,
): Promise<Diagnosis> {
  const subject = `${deadLetters} (${region})`;
  try {
    const { waiting, inWork } = await countMessages(clients.sqs(region), deadLetters, signal);
    if (waiting + inWork === 0) return ok(subject, 'Empty.');
    const says = `${formatPlural(waiting + inWork, 'message')} given up: objects or archives that are not replicated.`;
    return failure(subject, says, `s3xrc dead-letters list --region ${region} --queue ${deadLetters}`);
  } catch (thrown) {
    if (thrown instanceof QueueDoesNotExist) return deployments.missing(region, subject);
    throw thrown;
  }
}
