import type { DeployedRule } from '../../configuration/deployed-rule.ts';
import { fallbackQueueName, resourceNamePrefix, ruleResourceName } from '../../configuration/schema/resource-names.ts';
import type { MetricLine } from './shorten-lines.ts';
import { expression, metric, search } from './widgets.ts';

/** Dimensions of the metrics of a rule. */
export const RULE = ['SourceBucket', 'SourcePrefix'];

/** Substituted by CloudWatch, once per line. `!` keeps CloudFormation from doing it. */
export const RULE_LABEL = RULE.map((dimension) => `\${!PROP('Dim.${dimension}')}`).join('/');

/** The metrics of that name of all rules. */
export function byRule(namespace: string, name: string, statistic: string): MetricLine {
  return expression(search({ namespace, dimensions: RULE, name, statistic }), { label: `${name} ${RULE_LABEL}` });
}

/** Where objects of these rules wait to be packed. */
export function packingQueueNames(stackName: string, rules: readonly DeployedRule[]): string[] {
  return rules.flatMap(({ id, sizing }) => {
    const queue = ruleResourceName(stackName, id);
    return sizing.fallback === undefined ? [queue] : [queue, fallbackQueueName(queue)];
  });
}

export function waitingMessagesLine(QueueName: string, name: string): MetricLine {
  return metric('AWS/SQS', name, { QueueName }, { label: QueueName, stat: 'Maximum' });
}

/**
 * Running tasks of a fallback service. ECS has this metric for running tasks only, with one sample per task and minute.
 */
export function runningTasks(stackName: string, ServiceName: string): MetricLine {
  const dimensions = { ClusterName: resourceNamePrefix(stackName), ServiceName };
  return metric('AWS/ECS', 'CPUUtilization', dimensions, { label: ServiceName, stat: 'SampleCount' });
}

export function outboundBucket(prefix: string, region: string): string {
  return `${prefix}-\${AWS::AccountId}-${region}-outbound`;
}
