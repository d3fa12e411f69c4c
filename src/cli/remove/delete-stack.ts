import {
  CloudFormationClient,
  DeleteStackCommand,
  paginateDescribeStackEvents,
  waitUntilStackDeleteComplete,
} from '@aws-sdk/client-cloudformation';
import type { CommandContext } from '../command/cli-command.ts';
import { StackRemovalError } from '../command/errors.ts';
import { raceAbort } from '../command/race-abort.ts';
import { readStack } from '../deploy/read-stack.ts';

/** Max seconds for CloudFormation: a region with fallback services drains its tasks first. */
const MAX_WAIT_SECONDS = 3600;
/** Max difference between this machine's clock and CloudFormation's. */
const CLOCK_SKEW_MS = 60_000;

/**
 * Deletes a stack with its nested stacks, and waits until it is deleted.
 * @throws StackRemovalError with what CloudFormation could not delete, and why; the reason of the context's signal;
 *   CloudFormation then continues on its own
 */
export async function deleteStack(
  stack: string,
  region: string,
  { print, note, signal }: Pick<CommandContext, 'print' | 'note' | 'signal'>,
): Promise<void> {
  const client = new CloudFormationClient({ region });
  try {
    const found = await raceAbort(readStack(client, stack), signal);
    signal.throwIfAborted();
    if (found === undefined) {
      await print(`${stack} does not exist in ${region}.\n`);
      return;
    }
    await print(`Deleting ${stack} in ${region} ...\n`);
    const begun = Date.now();
    await client.send(new DeleteStackCommand({ StackName: stack }), { abortSignal: signal });
    try {
      await waitUntilStackDeleteComplete(
        { client, maxWaitTime: MAX_WAIT_SECONDS, maxDelay: 15, minDelay: 1, abortSignal: signal },
        { StackName: stack },
      );
    } catch (cause) {
      if (signal.aborted) {
        note(`CloudFormation is still deleting ${stack} in ${region}.`);
        throw cause;
      }
      const reasons = await readStackFailures(client, stack, begun);
      throw new StackRemovalError(`${stack} in ${region} could not be deleted:\n${reasons.join('\n')}`, {
        context: { stack, region },
        cause,
      });
    }
  } finally {
    client.destroy();
  }
}

/** The resources of the stack and its nested stacks that could not be deleted since a time, in milliseconds. */
async function readStackFailures(client: CloudFormationClient, StackName: string, since: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const { StackEvents = [] } of paginateDescribeStackEvents({ client }, { StackName })) {
    for (const { Timestamp, ResourceStatus, LogicalResourceId = '', ResourceStatusReason = '' } of StackEvents) {
      if (Timestamp === undefined || Timestamp.getTime() < since - CLOCK_SKEW_MS) return lines;
      if (ResourceStatus === 'DELETE_FAILED') lines.push(`  ${LogicalResourceId}: ${ResourceStatusReason}`);
    }
  }
  return lines;
}
