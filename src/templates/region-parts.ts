import type { AlarmedStack } from './alarms.ts';
import type { RegionPlan } from './plan-regions.ts';

/** A function that a region has once, whatever the number of its rules, with the queue that feeds it. */
export interface RegionPart {
  /** Ends the name of its function. */
  readonly name: string;
  /** Whether it belongs to the sending side, which the first of two deployment rounds leaves out. */
  readonly sends: boolean;
  readonly exists: (plan: Pick<RegionPlan, 'outgoing' | 'settings'>) => boolean;
  /** Ends the name of its queue. Absent: a schedule or a state machine invokes it. */
  readonly queue?: string;
  /** File of src/stacks with its alarms. Absent: it has none. */
  readonly stack?: AlarmedStack;
}

/** The names that doctor and status look for, and the plan's costs of alarms and idle queues, follow from this table. */
const REGION_PARTS: readonly RegionPart[] = [
  { name: 'deployment', sends: false, exists: () => true, stack: 'region' },
  { name: 'resend', sends: true, exists: hasRole('source'), queue: 'replication-failures', stack: 'source' },
  {
    name: 'backfill',
    sends: true,
    exists: ({ outgoing, settings }) => outgoing.length > 0 && settings.inventory_buckets.length > 0,
  },
  { name: 'watermark', sends: true, exists: ({ outgoing }) => outgoing.length > 0, stack: 'watermark' },
  {
    name: 'verify',
    sends: true,
    exists: ({ outgoing }) => outgoing.some(({ verify }) => verify !== undefined),
    stack: 'verify',
  },
  { name: 'target', sends: false, exists: hasRole('target'), queue: 'target', stack: 'target' },
];

/** The parts that a region has. */
export function partsOf(plan: Pick<RegionPlan, 'outgoing' | 'settings'>): RegionPart[] {
  return REGION_PARTS.filter(({ exists }) => exists(plan));
}

function hasRole(role: 'source' | 'target'): RegionPart['exists'] {
  return ({ settings }) => settings.source_target.includes(role);
}
