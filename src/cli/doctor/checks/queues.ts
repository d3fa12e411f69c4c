import { QueueDoesNotExist } from '@aws-sdk/client-sqs';
import { type DeployedQueue, deployedNames } from '../../command/deployed-names.ts';
import { formatPlural } from '../../command/numbers.ts';
import { countMessages } from '../../command/queue-counts.ts';
import type { Check, CheckGroup, Patient } from '../check.ts';
import { type Diagnosis, failure, ok } from '../diagnosis.ts';

/** Checks that each queue exists, and how many messages are in it and in its dead-letter queue. */
export const QUEUE_CHECKS: CheckGroup = {
  name: 'queues',
  title: 'Queues and dead letters',
  checksOf: (patient) =>
    patient.plans.flatMap((plan) =>
      deployedNames(patient.configuration, plan).queues.map((queue) => checkOf(queue, plan.region, patient)),
    ),
};

function checkOf(queue: DeployedQueue, region: string, patient: Patient): Check {
  const run: Check['run'] = (signal) =>
    patient.deployments.whenPartDeployed(region, queue, () =>
      Promise.all([
        checkQueue(queue, region, patient, signal),
        ...(queue.kind === 'backfill' ? [] : [checkDeadLetters(queue, region, patient, signal)]),
      ]),
    );
  return { subject: `${queue.name} (${region})`, takes: 'sqs:GetQueueUrl and sqs:GetQueueAttributes', run };
}

async function checkQueue(
  { name }: DeployedQueue,
  region: string,
  { clients, deployments }: Patient,
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
  { clients, deployments }: Patient,
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
