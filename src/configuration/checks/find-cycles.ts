import { intersectFilters, type KeyFilter } from '../schema/key-filter.ts';

/** How a rule filters and changes keys. */
export interface KeyFlow {
  /** Index of the rule in its file. */
  readonly rule: number;
  readonly from: { readonly bucket: string; readonly filter: KeyFilter };
  /** Restored keys are `prefix` and the key at the source. */
  readonly to: readonly { readonly bucket: string; readonly prefix: string }[];
}

/** A rule, and the keys that reach it on this path. */
export interface CycleStep {
  readonly flow: KeyFlow;
  readonly keys: KeyFilter;
}

type Way = readonly [CycleStep, ...CycleStep[]];

export interface Cycle {
  /** The rules that keys pass on a cycle; the first is not repeated at the end. */
  readonly steps: Way;
  /** What the keys of the first step have become when they return to it. */
  readonly returning: KeyFilter;
}

/**
 * The paths on which an object returns, under its own or a longer key, to the rule that packed it. A set of keys is
 * followed from rule to rule, narrowed by each filter and lengthened by each target prefix. Two rules that share no key
 * never follow each other, so rules whose buckets form a ring are not necessarily a cycle. Of all paths through the
 * same rules only the first is returned.
 */
export function findCycles(flows: readonly KeyFlow[]): Cycle[] {
  const found = new Map<string, Cycle>();
  for (const flow of flows) {
    const cycle = shortestCycle(flows, { flow, keys: flow.from.filter });
    if (cycle === undefined) continue;
    const rules = cycle.steps.map((step) => step.flow.rule).toSorted((left, right) => left - right);
    const name = rules.join();
    if (!found.has(name)) found.set(name, cycle);
  }
  return [...found.values()];
}

/** Breadth first, to find the shortest path. */
function shortestCycle(flows: readonly KeyFlow[], start: CycleStep): Cycle | undefined {
  const seen = new Set<string>();
  let ways: readonly Way[] = [[start]];
  while (ways.length > 0) {
    const longer: Way[] = [];
    for (const way of ways) {
      for (const step of stepsAfter(way.at(-1) ?? start, flows)) {
        if (step.flow === start.flow) return { steps: way, returning: step.keys };
        const state = JSON.stringify([step.flow.rule, step.keys]);
        // A path that visits a rule twice contains a shorter cycle, which is found from that rule.
        if (seen.has(state) || way.some(({ flow }) => flow === step.flow)) continue;
        seen.add(state);
        longer.push([...way, step]);
      }
    }
    ways = longer;
  }
  return undefined;
}

function stepsAfter({ flow, keys }: CycleStep, flows: readonly KeyFlow[]): CycleStep[] {
  return flow.to.flatMap(({ bucket, prefix }) => {
    const arriving = { prefix: prefix + keys.prefix, suffix: keys.suffix };
    return flows.flatMap((next) => {
      const taken = next.from.bucket === bucket ? intersectFilters(arriving, next.from.filter) : undefined;
      return taken === undefined ? [] : [{ flow: next, keys: taken }];
    });
  });
}
