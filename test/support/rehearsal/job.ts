import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { DeleteMessageBatchCommand, PurgeQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse } from 'aws-lambda';
import { toSqsRecord } from '../../../local-cloud/event-source/sqs-record.ts';
import type { FunctionHost } from '../../../local-cloud/function-host.ts';
import type { ReplicationRule } from '../../../src/configuration/rule.ts';
import type { Clients } from './clients.ts';
import { templateEnvironment } from './deployed-function.ts';
import { readMapping } from './pipeline.ts';
import type { DeployedResource, Rehearsal } from './rehearsal.ts';

/** One function and everything that it needs for its complete job. */
export interface Job {
  readonly rehearsal: Rehearsal;
  readonly deployed: DeployedResource;
  readonly host: FunctionHost;
  /** Clients with the credentials of the function's role. */
  readonly own: Clients;
  readonly rules: readonly ReplicationRule[];
}

/** The administrator's clients in the region of the function. */
export function clientsOf({ rehearsal, deployed }: Job): Clients {
  return rehearsal.clients(deployed.region);
}

/** A variable of the function from its template. */
export function variable({ rehearsal, deployed }: Job, name: string): string {
  const value = templateEnvironment(deployed.properties, rehearsal.endpoint)[name];
  if (value === undefined) throw new Error(`${deployed.physicalId} has no ${name}`);
  return value;
}

/** Deletes messages that an earlier job may have left in the function's queues. */
export async function emptyQueues(job: Job): Promise<void> {
  for (const name of ['QUEUE_URL', 'DEAD_LETTER_QUEUE_URL']) {
    await clientsOf(job).sqs.send(new PurgeQueueCommand({ QueueUrl: variable(job, name) }));
  }
}

/**
 * Passes all messages of the function's queue to one invocation, as Lambda does: with the function's role, and deletes
 * those that the response does not list.
 * @returns identifiers of the messages that return to the queue
 */
export async function deliver(job: Job): Promise<string[]> {
  const { rehearsal, deployed, host, own } = job;
  const { region, physicalId } = deployed;
  const mapping = rehearsal.resources.find(
    ({ type, region: home, properties }) =>
      type === 'AWS::Lambda::EventSourceMapping' && home === region && properties['FunctionName'] === physicalId,
  );
  if (mapping === undefined) throw new Error(`${physicalId} in ${region} has no event source mapping`);
  const { queueArn } = readMapping(mapping);
  const QueueUrl = variable(job, 'QUEUE_URL');
  const { Messages = [] } = await own.sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All'] }),
  );
  const Records = Messages.map((message) => toSqsRecord(message, { queueArn, region }));
  const { batchItemFailures } = (await host.invoke({ Records })) as SQSBatchResponse;
  const returned = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  const done = Records.filter(({ messageId }) => !returned.includes(messageId));
  if (done.length > 0) {
    const Entries = done.map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle }));
    await own.sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  }
  return returned;
}

/** The reasons of the dead letters, by message attribute. */
export async function readDeadLetters(job: Job): Promise<string[]> {
  const QueueUrl = variable(job, 'DEAD_LETTER_QUEUE_URL');
  const request = { QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] };
  const { Messages = [] } = await clientsOf(job).sqs.send(new ReceiveMessageCommand(request));
  return Messages.map(({ MessageAttributes = {} }) => MessageAttributes['code']?.StringValue ?? 'no code');
}

/**
 * Names of the functions with a job. `source` comes first, because others process its archives; `deployment` comes
 * last, because it deletes what they use.
 */
export const JOB_NAMES: readonly string[] = readdirSync(new URL('jobs/', import.meta.url))
  .map((file) => basename(file, '.ts'))
  .toSorted((one, two) => turnOf(one) - turnOf(two));

function turnOf(name: string): number {
  if (name === 'source') return 0;
  if (name === 'target') return 1;
  return name === 'deployment' ? 3 : 2;
}

/** The complete job of a function, by the name of its bundle. */
export async function loadJob(name: string): Promise<(job: Job) => Promise<void>> {
  if (!JOB_NAMES.includes(name)) {
    throw new Error(`Add test/support/rehearsal/jobs/${name}.ts: the complete job of the function "${name}"`);
  }
  const { run } = (await import(`./jobs/${name}.ts`)) as { run: (job: Job) => Promise<void> };
  return run;
}
