import type { DeployedRule } from '../../configuration/deployed-rule.ts';
import type { Configuration } from '../../configuration/load.ts';
import {
  backfillQueueName,
  fallbackQueueName,
  resourceNamePrefix,
  ruleResourceName,
} from '../../configuration/schema/resource-names.ts';
import type { RegionPlan } from '../../templates/plan-regions.ts';

/** A part of a region's stacks. */
export interface DeployedPartName {
  readonly name: string;
  /** Whether it is of those parts that send, which the first of two rounds leaves out. */
  readonly sends: boolean;
}

/** A queue that objects or archives wait in, and where its messages end that were given up. */
export interface DeployedQueue extends DeployedPartName {
  readonly deadLetters: string;
  /** Whose objects wait in it; absent where all rules share it. */
  readonly rule?: DeployedRule;
  /** `fallback`: its tasks work on it, whose service has the same name; `backfill`: objects that were there before the rule. */
  readonly kind: 'events' | 'fallback' | 'backfill';
}

/** What the parts of a region are called, once it is deployed. */
export interface DeployedNames {
  readonly functions: readonly DeployedPartName[];
  readonly queues: readonly DeployedQueue[];
  /** Of the fallback's services. */
  readonly cluster: string;
}

/** Names of what a region's stacks make. */
export function deployedNames(
  { settings }: Pick<Configuration, 'settings'>,
  { outgoing, fallback, settings: { source_target: roles, inventory_buckets: inventoryBuckets } }: RegionPlan,
): DeployedNames {
  const prefix = resourceNamePrefix(settings.stack_name);
  const isSource = roles.includes('source');
  const isTarget = roles.includes('target');
  const rules = outgoing.map((rule) => ({ rule, name: ruleResourceName(settings.stack_name, rule.id) }));
  const target = `${prefix}-target`;
  return {
    functions: [
      { name: `${prefix}-deployment`, sends: false },
      ...rules.map(({ name }) => ({ name, sends: true })),
      ...(isSource ? [{ name: `${prefix}-resend`, sends: true }] : []),
      ...(rules.length > 0 && inventoryBuckets.length > 0 ? [{ name: `${prefix}-backfill`, sends: true }] : []),
      ...(rules.length > 0 ? [{ name: `${prefix}-watermark`, sends: true }] : []),
      ...(outgoing.some(({ verify }) => verify !== undefined) ? [{ name: `${prefix}-verify`, sends: true }] : []),
      ...(isTarget ? [{ name: target, sends: false }] : []),
    ],
    queues: [
      ...rules.flatMap(({ rule, name }) => [
        queueOf(name, { rule, sends: true }),
        // Its messages are dead-lettered where those of events are.
        { ...queueOf(name, { rule, sends: true, kind: 'backfill' }), name: backfillQueueName(name) },
        ...(rule.sizing.fallback === undefined
          ? []
          : [queueOf(fallbackQueueName(name), { rule, sends: true, kind: 'fallback' })]),
      ]),
      ...(isSource ? [queueOf(`${prefix}-replication-failures`, { sends: true })] : []),
      ...(isTarget ? [queueOf(target, { sends: false })] : []),
      ...(isTarget && fallback?.arriving !== undefined
        ? [queueOf(fallbackQueueName(target), { sends: false, kind: 'fallback' })]
        : []),
    ],
    cluster: prefix,
  };
}

function queueOf(
  name: string,
  rest: { readonly sends: boolean; readonly rule?: DeployedRule; readonly kind?: DeployedQueue['kind'] },
): DeployedQueue {
  return { name, deadLetters: `${name}-dead-letters`, kind: 'events', ...rest };
}
