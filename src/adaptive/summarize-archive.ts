import { STORE_LEVEL } from '../configuration/schema/levels.ts';
import { MIB } from '../units.ts';
import type { ContentClass } from './content-class.ts';
import { isPositive } from './finite-numbers.ts';
import type { FrameOutcome, FrameProbe } from './level-policy.ts';
import { outcomeClass } from './level-shares.ts';
import {
  type ArmKey,
  type ArmSums,
  addSums,
  armKey,
  type RuleStatistics,
  type StatisticsUpdate,
} from './rule-statistics.ts';
import type { LevelPrior } from './typical-levels.ts';

/** Roughly the size of a probe's sample. */
const FULL_EVIDENCE_BYTES = MIB;

/** The evidence of an archive: its frames and its probes. It gets its weight when it is added. */
export function summarizeArchive(
  outcomes: readonly FrameOutcome[],
  probes: readonly (readonly [ContentClass, FrameProbe])[],
  known: RuleStatistics,
  cpuSpeed: number,
): StatisticsUpdate {
  const sums = new Map<ArmKey, ArmSums>();
  for (const outcome of outcomes) {
    // Without a test there is nothing to compare with the frames of other archives.
    if (outcome.test === undefined) continue;
    const frame = frameSums(outcome, outcome.test.fraction, cpuSpeed);
    // One NaN from a clock that failed would make the sums of all later archives NaN, too.
    if (!Object.values(frame).every(Number.isFinite)) continue;
    const key = armKey(outcomeClass(outcome), outcome.level);
    sums.set(key, addSums(sums.get(key), frame));
  }
  const arms = [...sums].map(([key, total]) => [key, { ...total, archives: evidenceOf(total) }] as const);
  const nothing: RuleStatistics = { ...known, priors: new Map(), probes: new Map() };
  const probed = probes.reduce(
    (statistics, [content, probe]) => addProbe(statistics, content, probe, cpuSpeed),
    nothing,
  );
  return { arms: new Map(arms), priors: probed.priors, probes: probed.probes };
}

/** An archive with little content of a class says less about it than others do. */
function evidenceOf({ bytes }: ArmSums): number {
  return Math.min(1, bytes / FULL_EVIDENCE_BYTES);
}

/** The statistics with the result of a probe in place of an earlier one. */
export function addProbe(
  statistics: RuleStatistics,
  content: ContentClass,
  { fraction, levels }: FrameProbe,
  cpuSpeed: number,
): RuleStatistics {
  const priors = new Map<ArmKey, LevelPrior>(statistics.priors);
  for (const probed of levels) {
    // The result of storing is known in advance: there is nothing to learn about it.
    if (probed.level === STORE_LEVEL) continue;
    const prior = { gain: probed.fraction / fraction, secondsPerByte: probed.secondsPerByte * cpuSpeed };
    if (isPositive(prior.gain) && isPositive(prior.secondsPerByte)) priors.set(armKey(content, probed.level), prior);
  }
  if (!Number.isFinite(fraction)) return statistics;
  const probe = { archive: statistics.archives, fraction };
  return { ...statistics, priors, probes: new Map([...statistics.probes, [content, probe]]) };
}

function frameSums({ bytes, compressed, cpuSeconds }: FrameOutcome, fraction: number, cpuSpeed: number): ArmSums {
  return { archives: 1, bytes, tested: fraction * bytes, compressed, cpuSeconds: cpuSeconds * cpuSpeed };
}
