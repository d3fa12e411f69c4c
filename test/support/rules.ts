import type { Destination, ReplicationRule, RuleSource } from '../../src/configuration/rule.ts';
import { ruleId } from '../../src/configuration/rule-id.ts';
import { levelsToChooseFrom, STANDARD_LEVELS } from '../../src/configuration/schema/levels.ts';
import { MIB } from '../../src/units.ts';

/** A complete rule: `source-bucket` in eu-west-1 to `target-bucket` in us-east-1, unless the test overrides it. */
export function exampleRule(
  source: Partial<RuleSource> = {},
  destinations: Partial<Destination>[] = [{}],
): ReplicationRule {
  const complete: RuleSource = {
    region: 'eu-west-1',
    bucket: 'source-bucket',
    prefix: '',
    suffix: '',
    level: 3,
    levels: levelsToChooseFrom(STANDARD_LEVELS),
    maxArchiveBytes: 256 * MIB,
    maxObjectBytes: 10_240 * MIB,
    chain: false,
    ...source,
  };
  return {
    id: ruleId(complete),
    source: complete,
    destinations: destinations.map((destination) => ({
      region: 'us-east-1',
      bucket: 'target-bucket',
      onConflict: 'overwrite',
      ...destination,
    })),
  };
}
