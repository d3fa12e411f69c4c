import type { DeployedRule } from '../configuration/deployed-rule.ts';
import { ruleDimensions } from '../configuration/metric-dimensions.ts';
import { CompressorError } from '../errors.ts';
import type { MetricReader } from '../watermark/dependencies.ts';
import type { Reading } from '../watermark/reading.ts';

/** The time from which objects need not have arrived yet, and its origin. */
export interface DueBasis {
  /** Milliseconds since 1970. */
  readonly dueBefore: number;
  readonly region: string;
  /** Why the rule's objective is used instead of the region's watermark; absent: the watermark is used. */
  readonly unknown?: string;
}

const MINUTE = 60;
/** A watermark is determined every five minutes. */
const NEWEST_SECONDS = 15 * MINUTE;

/**
 * Objects that are younger than the watermarks of the rule's regions are under way, not missing. If a watermark is
 * unknown, the rule's objective is used instead.
 * @param now milliseconds since 1970
 * @returns the time of the region that is furthest behind
 */
export async function readDueBasis(
  rule: DeployedRule,
  namespace: string,
  metrics: MetricReader,
  now: number,
): Promise<DueBasis> {
  const regions = [...new Set(rule.destinations.map(({ region }) => region))];
  const readings = await readWatermarks(rule, regions, namespace, metrics, now);
  const dues = regions.map((region, index): DueBasis => {
    const [newest] = typeof readings === 'string' ? [] : (readings[index] ?? []);
    if (newest !== undefined) return { dueBefore: newest.time - 1000 * newest.value, region };
    const unknown = typeof readings === 'string' ? readings : `there is none for ${region}`;
    return { dueBefore: now - 1000 * rule.objectiveSeconds, region, unknown };
  });
  return dues.reduce((earliest, due) => (due.dueBefore < earliest.dueBefore ? due : earliest));
}

/** @returns the readings of each region, the newest first, or why there are none */
async function readWatermarks(
  rule: DeployedRule,
  regions: readonly string[],
  namespace: string,
  metrics: MetricReader,
  now: number,
): Promise<readonly (readonly Reading[])[] | string> {
  const addresses = regions.map((region) => ({
    region: rule.source.region,
    namespace,
    name: 'WatermarkAgeSeconds',
    dimensions: { ...ruleDimensions(rule), TargetRegion: region },
  }));
  // CloudWatch rounds to whole minutes.
  const to = Math.ceil(now / (MINUTE * 1000)) * MINUTE * 1000;
  try {
    return await metrics.readMaxima(addresses, { from: to - NEWEST_SECONDS * 1000, to, periodSeconds: MINUTE });
  } catch (thrown) {
    // A user who may list buckets need not have the permission to read metrics.
    if (thrown instanceof CompressorError) return thrown.message;
    throw thrown;
  }
}
