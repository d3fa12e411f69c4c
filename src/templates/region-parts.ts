import { inventoryAccess } from './access-policies.ts';
import type { AlarmedStack } from './alarms.ts';
import { partStack } from './part-stack.ts';
import type { RegionPlan } from './plan-regions.ts';
import { regionNames } from './region-names.ts';
import type { Resources, StackContext } from './sam-calls.ts';
import { verifyResources } from './verify-resources.ts';
import { watermarkResources } from './watermark-resources.ts';
import { getAtt, type Yaml } from './yaml.ts';

/** A function that a region has once, whatever the number of its rules, with the queue that feeds it. */
export interface RegionPart {
  /** Suffix of its function's name. */
  readonly name: string;
  /** Whether it belongs to the sending side, which the first of two deployment rounds leaves out. */
  readonly isSending: boolean;
  readonly exists: (plan: Pick<RegionPlan, 'outgoing' | 'settings'>) => boolean;
  /** Suffix of its queue's name. Absent: a schedule or a state machine invokes it. */
  readonly queue?: string;
  /** File of src/stacks with its alarms. Absent: it has none. */
  readonly stack?: AlarmedStack;
  /** Its resources in the root template. Absent: the stack of another part contains it. */
  readonly resources?: (context: StackContext) => Resources;
}

/**
 * The names that doctor and status look for, the plan's costs of alarms and idle queues, and the parts' own resources follow
 * from this table.
 */
const REGION_PARTS: readonly RegionPart[] = [
  { name: 'deployment', isSending: false, exists: () => true, stack: 'region' },
  { name: 'resend', isSending: true, exists: hasRole('source'), queue: 'replication-failures', stack: 'source' },
  {
    name: 'backfill',
    isSending: true,
    exists: ({ outgoing, settings }) => outgoing.length > 0 && settings.inventory_buckets.length > 0,
    // The state machine that queues existing objects from inventories.
    resources: (context) =>
      partStack(context, 'backfill', { ProgressBucket: progressBucketOutput(context) }, inventoryAccess(context.plan)),
  },
  {
    name: 'watermark',
    isSending: true,
    exists: ({ outgoing }) => outgoing.length > 0,
    stack: 'watermark',
    resources: watermarkResources,
  },
  {
    name: 'verify',
    isSending: true,
    exists: ({ outgoing }) => outgoing.some(({ verify }) => verify !== undefined),
    stack: 'verify',
    resources: verifyResources,
  },
  { name: 'target', isSending: false, exists: hasRole('target'), queue: 'target', stack: 'target' },
];

/** The parts that a region has. */
export function partsOf(plan: Pick<RegionPlan, 'outgoing' | 'settings'>): RegionPart[] {
  return REGION_PARTS.filter(({ exists }) => exists(plan));
}

/** The resources of the parts that have a stack of their own. */
export function partResources(context: StackContext): Resources {
  return Object.assign({}, ...partsOf(context.plan).map(({ resources }) => resources?.(context) ?? {})) as Resources;
}

function progressBucketOutput({ plan }: StackContext): Yaml {
  return getAtt(regionNames(plan.region).source, 'Outputs.ProgressBucket');
}

function hasRole(role: 'source' | 'target'): RegionPart['exists'] {
  return ({ settings }) => settings.source_target.includes(role);
}
