import type { RuleDraft } from '../schema/draft.ts';
import type { KeyFilter } from '../schema/key-filter.ts';
import { REPLICATION_FILE, type UnlocatedProblem } from '../schema/locate-problem.ts';
import { type Cycle, findCycles, type KeyFlow } from './find-cycles.ts';
import { filterOf } from './rules.ts';

/** Rules that would replicate objects in an endless loop. */
export function checkCycles(rules: readonly RuleDraft[]): UnlocatedProblem[] {
  return findCycles(rules.flatMap(flowOf)).map((cycle) => ({
    file: REPLICATION_FILE,
    path: ['replication_configuration', cycle.steps[0].flow.rule],
    message: `objects would be replicated in a loop: ${spellOut(cycle)}. Narrow a prefix, or remove one of the rules`,
  }));
}

/** A rule that copies into its own bucket is left to checkRules, which has a clearer message. */
function flowOf({ index, source, destinations }: RuleDraft): KeyFlow[] {
  const { bucket } = source;
  const filter = filterOf(source);
  if (bucket === undefined || filter === undefined) return [];
  const to = destinations.flatMap((destination) => {
    if (destination.bucket === undefined || destination.target_prefix === undefined) return [];
    return destination.bucket === bucket ? [] : [{ bucket: destination.bucket, prefix: destination.target_prefix }];
  });
  return [{ rule: index, from: { bucket, filter }, to }];
}

/** `s3://a/logs/ -(rule 0)-> s3://b/logs/ -(rule 1)-> s3://a/logs/` */
function spellOut({ steps, returning }: Cycle): string {
  const way = steps.map(({ flow, keys }) => `${describeKeys(flow.from.bucket, keys)} -(rule ${flow.rule})-> `);
  return way.join('') + describeKeys(steps[0].flow.from.bucket, returning);
}

function describeKeys(bucket: string, { prefix, suffix }: KeyFilter): string {
  return `s3://${bucket}/${prefix}${suffix === '' ? '' : `*${suffix}`}`;
}
