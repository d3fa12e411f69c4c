import type { RuleDraft } from '../schema/draft.ts';
import { fargateMemories } from '../schema/fargate-sizes.ts';
import type { JsonPath } from '../schema/json-text.ts';
import { intersectFilters, type KeyFilter } from '../schema/key-filter.ts';
import { REPLICATION_FILE, type UnlocatedProblem } from '../schema/locate-problem.ts';

/** Lambda collects more messages than one receive returns only if there is a batching window. */
const BATCH_WITHOUT_WINDOW = 10;

/** Checks each rule, and the rules of one bucket against each other. */
export function checkRules(rules: readonly RuleDraft[]): UnlocatedProblem[] {
  return [...rules.flatMap(checkSizes), ...rules.flatMap(checkDestinations), ...overlappingFilters(rules)];
}

/** The filter of a rule; undefined when a part of it is wrong. */
export function filterOf({ prefix_filter: prefix, suffix_filter: suffix }: RuleDraft['source']): KeyFilter | undefined {
  return prefix === undefined || suffix === undefined ? undefined : { prefix, suffix };
}

function checkSizes({ index, source }: RuleDraft): UnlocatedProblem[] {
  const { cpu, memory, batch_size: size, batch_window: window } = source;
  const found: UnlocatedProblem[] = [];
  if (cpu !== undefined && memory !== undefined && !fargateMemories(cpu).includes(memory)) {
    const allowed = `with cpu ${cpu}: ${fargateMemories(cpu).join(', ')}`;
    const message = `Fargate has no task of ${cpu} CPU units with ${memory} MiB`;
    found.push({ file: REPLICATION_FILE, path: ruleAt(index, 'source', 'memory'), message, value: memory, allowed });
  }
  if (size !== undefined && window === 0 && size > BATCH_WITHOUT_WINDOW) {
    const message = `Lambda needs a window of at least 1 second for batches of more than ${BATCH_WITHOUT_WINDOW} messages; batch_size is ${size}`;
    found.push({ file: REPLICATION_FILE, path: ruleAt(index, 'source', 'batch_window'), message, value: window });
  }
  return found;
}

function checkDestinations({ index, source, destinations }: RuleDraft): UnlocatedProblem[] {
  return destinations.flatMap(({ bucket, target_prefix: prefix }, position) => {
    if (bucket === undefined) return [];
    const path = ruleAt(index, 'destinations', position, 'bucket');
    if (bucket === source.bucket) {
      const message = 'is also the source bucket; a rule must copy to another bucket';
      return [{ file: REPLICATION_FILE, path, message, value: bucket }];
    }
    const first = destinations.findIndex((other) => other.bucket === bucket && other.target_prefix === prefix);
    if (first === position) return [];
    const message = `destinations.${first} of this rule writes the same keys to the same bucket; remove one of the two`;
    return [{ file: REPLICATION_FILE, path, message, value: bucket }];
  });
}

/** S3 refuses notifications of one bucket whose filters overlap, and keys that match both would be copied twice. */
function overlappingFilters(rules: readonly RuleDraft[]): UnlocatedProblem[] {
  return rules.flatMap((rule, position) =>
    rules.slice(0, position).flatMap((earlier) => {
      const [own, other] = [filterOf(rule.source), filterOf(earlier.source)];
      if (rule.source.bucket === undefined || rule.source.bucket !== earlier.source.bucket) return [];
      if (own === undefined || other === undefined) return [];
      const common = intersectFilters(own, other);
      if (common === undefined) return [];
      const path = ruleAt(rule.index, 'source');
      if (own.prefix === other.prefix && own.suffix === other.suffix) {
        const message = `has the same bucket, prefix and suffix as rule ${earlier.index}; merge their destinations`;
        return [{ file: REPLICATION_FILE, path, message }];
      }
      // A draining rule has no notification, so its filter may overlap with that of the rule that replaces it.
      if (rule.source.draining === true || earlier.source.draining === true) return [];
      const message = `overlaps rule ${earlier.index} (${describeFilter(other)}): keys with ${describeFilter(common)} match both, which S3 refuses on one bucket`;
      return [{ file: REPLICATION_FILE, path, message, value: own }];
    }),
  );
}

function describeFilter({ prefix, suffix }: KeyFilter): string {
  return `prefix ${JSON.stringify(prefix)} and suffix ${JSON.stringify(suffix)}`;
}

function ruleAt(index: number, ...path: JsonPath): JsonPath {
  return ['replication_configuration', index, ...path];
}
