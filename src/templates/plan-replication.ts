import { resendPrefix, resendRegions } from '../configuration/resend-prefix.ts';
import { TemplateLimitError } from './errors.ts';
import { archiveRegions, type RegionPlan } from './plan-regions.ts';

/** S3 user guide, "Replication configuration file elements". */
const MAX_RULES = 1000;

/** A replication rule of an outbound bucket. */
export interface PlannedReplicationRule {
  readonly Id: string;
  readonly ArchivePrefix: string;
  /** The region that the archives go to. */
  readonly region: string;
}

/**
 * One per rule and target region, and one per region that may need a separate resend, for archives that did not arrive
 * in one of several regions.
 * @throws TemplateLimitError when S3 would not accept that many
 */
export function planReplication({
  region: source,
  outgoing,
}: Pick<RegionPlan, 'region' | 'outgoing'>): PlannedReplicationRule[] {
  const rules: PlannedReplicationRule[] = outgoing.flatMap((rule) =>
    archiveRegions(rule).map((region) => ({ Id: `${rule.id}-${region}`, ArchivePrefix: `${rule.id}/`, region })),
  );
  for (const region of resendRegions(outgoing)) {
    const ArchivePrefix = resendPrefix(region);
    rules.push({ Id: ArchivePrefix.slice(0, -1), ArchivePrefix, region });
  }
  if (rules.length <= MAX_RULES) return rules;
  throw new TemplateLimitError(
    `The rules of ${source} and their target regions need ${rules.length} replication rules on one bucket; S3 allows ${MAX_RULES}. Split the configuration into two stacks with different stack_name.`,
    { context: { region: source, rules: rules.length } },
  );
}
