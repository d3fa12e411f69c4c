import type { DeployedRule } from '../../configuration/deployed-rule.ts';
import type { Configuration } from '../../configuration/read-configuration.ts';
import {
  backfillQueueName,
  fallbackQueueName,
  resourceNamePrefix,
  ruleResourceName,
} from '../../configuration/schema/resource-names.ts';
import type { RegionPlan } from '../../templates/plan-regions.ts';
import { partsOf } from '../../templates/region-parts.ts';

/** A part of a region's stacks. */
export interface DeployedPartName {
  readonly name: string;
  /** Whether it belongs to the sending side, which the first of two rounds leaves out. */
  readonly isSending: boolean;
}

/** A queue in which objects or archives wait, and the dead-letter queue of its messages. */
export interface DeployedQueue extends DeployedPartName {
  readonly deadLetters: string;
  /** The rule whose objects wait in it; absent if all rules share it. */
  readonly rule?: DeployedRule;
  /** `fallback`: fallback tasks work on it, in a service of the same name; `backfill`: existing objects. */
  readonly kind: 'events' | 'fallback' | 'backfill';
}

/** The names of a region's parts once it is deployed. */
export interface DeployedNames {
  readonly functions: readonly DeployedPartName[];
  readonly queues: readonly DeployedQueue[];
  /** Of the fallback's services. */
  readonly cluster: string;
}

/** The names of what a region's stacks create. */
export function deployedNames({ settings }: Pick<Configuration, 'settings'>, plan: RegionPlan): DeployedNames {
  const prefix = resourceNamePrefix(settings.stack_name);
  const parts = partsOf(plan);
  const rules = plan.outgoing.map((rule) => ({ rule, name: ruleResourceName(settings.stack_name, rule.id) }));
  return {
    functions: [
      ...rules.map(({ name }) => ({ name, isSending: true })),
      ...parts.map(({ name, isSending }) => ({ name: `${prefix}-${name}`, isSending })),
    ],
    queues: [
      ...rules.flatMap(({ rule, name }) => [
        queueOf(name, { rule, isSending: true }),
        // Its messages go to the same dead-letter queue as those of events.
        { ...queueOf(name, { rule, isSending: true, kind: 'backfill' }), name: backfillQueueName(name) },
        ...(rule.sizing.fallback === undefined
          ? []
          : [queueOf(fallbackQueueName(name), { rule, isSending: true, kind: 'fallback' })]),
      ]),
      ...parts.flatMap(({ queue, isSending }) =>
        queue === undefined ? [] : [queueOf(`${prefix}-${queue}`, { isSending })],
      ),
      ...(plan.fallback?.arriving === undefined
        ? []
        : [queueOf(fallbackQueueName(`${prefix}-target`), { isSending: false, kind: 'fallback' })]),
    ],
    cluster: prefix,
  };
}

function queueOf(
  name: string,
  rest: { readonly isSending: boolean; readonly rule?: DeployedRule; readonly kind?: DeployedQueue['kind'] },
): DeployedQueue {
  return { name, deadLetters: `${name}-dead-letters`, kind: 'events', ...rest };
}
