import { intersectFilters, type KeyFilter } from '../schema/key-filter.ts';

/** What a rule does to keys. */
export interface KeyFlow {
  /** Place of the rule in its file. */
  readonly rule: number;
  readonly from: { readonly bucket: string; readonly filter: KeyFilter };
  /** Restored keys are those of the source with `prefix` before them. */
  readonly to: readonly { readonly bucket: string; readonly prefix: string }[];
}

/** A rule, and those of its keys that come to it on this way. */
export interface CycleStep {
  readonly flow: KeyFlow;
  readonly keys: KeyFilter;
}

type Way = readonly [CycleStep, ...CycleStep[]];

export interface Cycle {
  /** The rules that keys pass, from one back to itself: the first is not repeated at the end. */
  readonly steps: Way;
  /** What the keys of the first step have become when they are back there. */
  readonly returning: KeyFilter;
}

/**
 * The ways on which an object comes back, under its own or a longer key, into the rule that packed it. A set of keys is
 * followed from rule to rule, narrowed by each filter and lengthened by each target prefix: two rules that share no key
 * never follow each other, so rules that only look like a ring by their buckets are none. Of all ways through the same
 * rules the first that is found stands for them.
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

/** Breadth first, so that the way is the shortest. */
function shortestCycle(flows: readonly KeyFlow[], start: CycleStep): Cycle | undefined {
  const seen = new Set<string>();
  let ways: readonly Way[] = [[start]];
  while (ways.length > 0) {
    const longer: Way[] = [];
    for (const way of ways) {
      for (const step of stepsAfter(way.at(-1) ?? start, flows)) {
        if (step.flow === start.flow) return { steps: way, returning: step.keys };
        const state = JSON.stringify([step.flow.rule, step.keys]);
        // A way through a rule it has been at holds a shorter cycle, which is found from that rule.
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
