import { fallbackQueueName, resourceNamePrefix } from '../../configuration/schema/resource-names.ts';
import type { StackContext } from '../sam-calls.ts';
import { runningTasks, waitingMessagesLine } from './lines.ts';
import type { Row } from './widgets.ts';

/** Name of the function and queue of a target region, and prefix of its other resources. */
export function targetName({ settings: { stack_name: stackName } }: StackContext): string {
  return `${resourceNamePrefix(stackName)}-target`;
}

/** The queues in which archives wait to be restored in a target region: one for all arrivals, and that of its tasks. */
export function targetQueues(context: StackContext, target: string): string[] {
  const name = targetName(context);
  return hasTargetFallback(context, target) ? [name, fallbackQueueName(name)] : [name];
}

/** The backlog of a target region, for all rules and source regions, and the tasks that work on it. */
export function arrivalRow(context: StackContext, target: string): Row {
  const queues = targetQueues(context, target);
  const tasks = {
    title: `${target}: running fallback tasks`,
    region: target,
    period: 60,
    metrics: [runningTasks(context.settings.stack_name, fallbackQueueName(targetName(context)))],
  };
  return {
    height: 6,
    widgets: [
      {
        title: `${target}: waiting archives`,
        region: target,
        isStacked: true,
        metrics: queues.map((queue) => waitingMessagesLine(queue, 'ApproximateNumberOfMessagesVisible')),
      },
      {
        title: `${target}: age of the oldest waiting archive, seconds`,
        region: target,
        metrics: queues.map((queue) => waitingMessagesLine(queue, 'ApproximateAgeOfOldestMessage')),
      },
      ...(hasTargetFallback(context, target) ? [tasks] : []),
    ],
  };
}

/** A rule of any source region adds the fallback, which then serves everything that arrives there. */
function hasTargetFallback({ plans }: StackContext, target: string): boolean {
  return plans.some(({ region, fallback }) => region === target && fallback?.arriving !== undefined);
}
