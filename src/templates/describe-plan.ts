import type { DeployedRule, FallbackSizing } from '../configuration/deployed-rule.ts';
import type { Configuration } from '../configuration/read-configuration.ts';
import type { Destination } from '../configuration/rule.ts';
import { MAX_KEY_BYTES } from '../units.ts';
import { deploymentSteps } from './deployment-steps.ts';
import { type FixedCost, fixedCosts, metricCosts, sumDollars } from './fixed-costs.ts';
import type { FallbackPlan } from './plan-fallback.ts';
import { planRegions, type RegionPlan } from './plan-regions.ts';

/** Messages that a fallback task processes at the same time, see src/wiring/worker.ts. */
const TASK_SLOTS = 2;

/**
 * The output of `npm run configure`: what will exist, what is replicated where, and what it costs when idle. Ends with
 * a newline.
 * @param worthOf returns lines that say from which volume a rule saves money
 */
export function describePlan(
  configuration: Configuration,
  worthOf: (rule: DeployedRule) => readonly string[] = () => [],
): string {
  const plans = planRegions(configuration);
  const order = deploymentSteps(plans);
  const steps = order.map(({ region, stage }) => (stage === 'all' ? region : `${region} (targets only)`));
  // Only AWS knows what is deployed already.
  const condition = order.some(({ stage }) => stage === 'targets') ? ', if nothing is deployed yet' : '';
  const total = sumDollars(plans.flatMap((plan) => fixedCosts(plan)));
  const inUse = total + sumDollars(plans.flatMap((plan) => metricCosts(plan)));
  return [
    ...plans.map(describeRegion),
    `Rules\n${configuration.rules.map((rule) => describeRule(rule, worthOf(rule))).join('')}`,
    `Fixed cost: about ${renderDollars(total)} a month in total before anything is replicated; ${renderDollars(inUse)} with every rule in use.`,
    `Order of deployment${condition}: ${steps.join(', ')}`,
    '',
  ].join('\n');
}

function describeRegion(plan: RegionPlan): string {
  const { region, settings, outgoing, incoming } = plan;
  const costs = fixedCosts(plan);
  const inUse = sumDollars(metricCosts(plan));
  const arriving = new Set(incoming.map(({ rule }) => rule.id)).size;
  const lines = [
    ...(settings.source_target.includes('source')
      ? [
          `sends     outbound, failed and progress buckets, resend function, ${renderCount(outgoing.length, 'rule')} with a queue and a function each`,
        ]
      : []),
    ...(settings.source_target.includes('target')
      ? [`receives  inbound bucket, queue and function, for ${renderCount(arriving, 'rule')}`]
      : []),
    ...(plan.fallback === undefined ? [] : describeFallback(plan.fallback)),
    'shared    key, alarm topic, deployment function',
    `costs     ${costs.map(describeCost).join(', ')}`,
    `          = ${renderDollars(sumDollars(costs))} a month${inUse === 0 ? '' : `; our own metrics add up to ${renderDollars(inUse)} while rules are in use`}`,
    ...(plan.fallback === undefined ? [] : [describeOtherNetwork(plan, plan.fallback)]),
  ];
  return `${region}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

/** Every level that can be chosen costs trials. */
function describeOtherNetwork(plan: RegionPlan, fallback: FallbackPlan): string {
  const network = fallback.network === 'public' ? 'isolated' : 'public';
  const costs = fixedCosts({ ...plan, fallback: { ...fallback, network } });
  return `          with "network": "${network}" it would be ${renderDollars(sumDollars(costs))} a month`;
}

function describeFallback({ vpcCidr, subnetCidrs, network, rules, arriving }: FallbackPlan): string[] {
  const served = [
    ...(rules.length === 0 ? [] : [`${renderCount(rules.length, 'rule')} with a queue and a service each`]),
    ...(arriving === undefined ? [] : ['a queue and a service for arriving archives']),
  ];
  return [
    `fallback  ${network} network ${vpcCidr} in ${renderCount(subnetCidrs.length, 'zone')}, cluster, ${served.join(', ')}`,
    ...(arriving === undefined ? [] : describeTasks(arriving, 'archive').map((line) => `          ${line}`)),
  ];
}

/** @param work what a message is about */
function describeTasks(
  { cpu, memoryMebibytes, maximumTasks, backlogPerTask, onDemandPercent }: FallbackSizing,
  work: string,
): string[] {
  const size = `${cpu / 1024} vCPU and ${memoryMebibytes} MiB`;
  const backlog = backlogPerTask === 1 ? `waiting ${work}` : `${backlogPerTask} waiting ${work}s`;
  return [
    `up to ${renderCount(maximumTasks, 'task')} of ${size}, ${describeCapacity(onDemandPercent)}, one per ${backlog}`,
    // A message of the fallback takes minutes to hours; the default is meant for short messages.
    ...(backlogPerTask > TASK_SLOTS
      ? [`lower scaling_target_backlog_per_task if they are huge: a task works on ${TASK_SLOTS} at a time`]
      : []),
  ];
}

function describeCapacity(onDemandPercent: number): string {
  if (onDemandPercent === 0) return 'all on Spot';
  if (onDemandPercent === 100) return 'all on demand';
  return `the first on demand and ${onDemandPercent}% of the others`;
}

function describeCost({ what, count: number, dollars: amount }: FixedCost): string {
  return `${number === 1 ? '' : `${number} `}${what} ${renderDollars(amount)}`;
}

function describeRule(
  { id, source, destinations, sizing, events, draining }: DeployedRule,
  worth: readonly string[],
): string {
  const keys = `${source.prefix}*${source.suffix}`;
  const { functionMemoryMegabytes: memory, functionTimeoutSeconds: timeout, maximumConcurrency: runs } = sizing;
  return [
    `  ${id}${draining ? '  (draining: accepts no new objects)' : ''}\n`,
    `    from  ${source.region}  s3://${source.bucket}/${keys}${events === 'eventbridge' ? ', through EventBridge' : ''}\n${warnOfLeadingSlash(source.prefix)}`,
    ...destinations.map(
      (destination) => `    to    ${describeDestination(destination, source.prefix)}\n${warnOfLongKeys(destination)}`,
    ),
    `    by    up to ${runs} concurrent invocations of ${memory} MB and ${timeout} s, up to ${sizing.batchSize} objects or ${sizing.batchWindowSeconds} s per batch\n`,
    ...(sizing.fallback === undefined ? [] : describeFallbackTasks(sizing.fallback)),
    ...worth.map((line, index) => `    ${index === 0 ? 'pays' : '    '}  ${line}\n`),
  ].join('');
}

function describeFallbackTasks(fallback: FallbackSizing): string[] {
  return describeTasks(fallback, 'object').map((line, index) => `    ${index === 0 ? 'else' : '    '}  ${line}\n`);
}

function describeDestination(
  { region, bucket, targetPrefix, storageClass, onConflict, deletes }: Destination,
  prefix: string,
): string {
  const notes = [
    ...(storageClass === undefined ? [] : [`as ${storageClass}`]),
    ...(onConflict === 'keep' ? ['keeping objects of other writers'] : []),
    ...(deletes === 'replicate' ? ['replicating deletions'] : []),
  ];
  const location = `s3://${bucket}/${targetPrefix ?? ''}${prefix}`;
  return [`${region}  ${location}`, ...notes].join(', ');
}

/** `/logs/` is a legal prefix that matches no key of a "folder" `logs/`. */
function warnOfLeadingSlash(prefix: string): string {
  if (!prefix.startsWith('/')) return '';
  const meant = prefix.replace(/^\/+/, '');
  return `          warning: only keys that begin with a slash match; for the folder "${meant}", set prefix_filter to "${meant}"\n`;
}

function warnOfLongKeys({ targetPrefix = '' }: Destination): string {
  const bytes = Buffer.byteLength(targetPrefix);
  if (bytes === 0) return '';
  const room = (MAX_KEY_BYTES - bytes).toLocaleString('en-US');
  return `          warning: objects whose key has more than ${room} bytes cannot be restored there: with target_prefix the key is longer than S3 allows\n`;
}

function renderCount(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function renderDollars(amount: number): string {
  return `${amount.toFixed(2)} USD`;
}
