import type { DomainMeasure, UnitTest } from './measure-sample.ts';
import { addTotals, noTotals, type Stratum, type Totals } from './population.ts';

/** The size of objects in archives, as estimated from a sample. */
export interface SizeEstimate {
  readonly totals: Totals;
  /** Bytes that cross regions, including manifests. */
  readonly archiveBytes: number;
  /** Half of the 95% confidence interval of `archiveBytes`. */
  readonly margin: number;
  /** Of the reference machine. */
  readonly cpuSeconds: number;
}

/** Quantile of the normal distribution: 95% of values are within this many standard deviations. */
const TWO_SIDED_95 = 1.96;
/**
 * Assumed variation between units if only one was read, which cannot show it: about that of a mix of compressible and
 * incompressible data, so that a single unit that represents a lot of data does not count as certain.
 */
const UNKNOWN_VARIATION = 0.5;
/** Min units for which a stratum uses its own variation; with fewer, it uses that of its domain. */
const OWN_VARIATION = 8;
/** Share of the archive bytes that no sample can show: order of arrival, metadata, levels that are learned later. */
const SYSTEMATIC = 0.01;

/**
 * Adds up domains. The size at level 1 is cheap, and known for each unit; how much better frames are is known for the
 * domain. So the former is extrapolated by strata, and the latter applied to the sum (separate ratio estimator with an
 * auxiliary variable, and its variance; Cochran, "Sampling Techniques", ch. 6). Manifest entries are added.
 * @param of which objects: all of a stratum, or those of a month
 */
export function estimateSizes(domains: readonly DomainMeasure[], of: (stratum: Stratum) => Totals): SizeEstimate {
  const totals = noTotals();
  let archiveBytes = 0;
  let variance = 0;
  let concluded = 0;
  let cpuSeconds = 0;
  for (const domain of domains) {
    const meant = noTotals();
    for (const { stratum } of domain.strata) addTotals(meant, of(stratum));
    addTotals(totals, meant);
    const { frames, deviation } = estimateFrames(domain, of, meant);
    archiveBytes += frames + meant.objects * domain.manifestBytes;
    variance += deviation ** 2;
    // The extrapolated part may be off by half.
    concluded += Math.abs((frames * domain.concluded) / (1 + domain.concluded)) / 2;
    cpuSeconds += domain.bytes === 0 ? 0 : (meant.bytes * domain.cpuSeconds) / domain.bytes;
  }
  const margin = TWO_SIDED_95 * Math.sqrt(variance) + concluded + SYSTEMATIC * archiveBytes;
  return { totals, archiveBytes, margin, cpuSeconds };
}

function estimateFrames(
  { strata, objects, bytes, compressed }: DomainMeasure,
  of: (stratum: Stratum) => Totals,
  meant: Totals,
): { readonly frames: number; readonly deviation: number } {
  // Empty objects still have headers.
  if (bytes === 0) return { frames: objects === 0 ? 0 : (meant.objects * compressed) / objects, deviation: 0 };
  const all = strata.flatMap(({ units }) => units);
  const usual = meanFraction(all);
  const variations = strata.map(({ units }) => variationOf(units));
  const shared = pooled(
    strata.map(({ units }, index) => ({ variation: variations[index], freedom: units.length - 1 })),
  );
  let left = 0;
  let variance = 0;
  for (const [index, { stratum, units }] of strata.entries()) {
    const share = of(stratum).bytes * (units.length === 0 ? usual : meanFraction(units));
    const own = units.length < OWN_VARIATION ? undefined : variations[index];
    left += share;
    variance += (share * standardError(own ?? shared ?? UNKNOWN_VARIATION, units, stratum)) ** 2;
  }
  const gain = compressed / (bytes * usual);
  return { frames: left * gain, deviation: gain * Math.sqrt(variance) };
}

/** Compressed size at level 1, as a share of the bytes of these units. */
function meanFraction(units: readonly UnitTest[]): number {
  const bytes = units.reduce((sum, unit) => sum + unit.bytes, 0);
  return bytes === 0 ? 1 : units.reduce((sum, unit) => sum + unit.bytes * unit.fraction, 0) / bytes;
}

/** Coefficient of variation of the compressed units about their common fraction; undefined for fewer than two. */
function variationOf(units: readonly UnitTest[]): number | undefined {
  if (units.length < 2) return undefined;
  const fraction = meanFraction(units);
  const left = units.reduce((sum, unit) => sum + unit.bytes * unit.fraction, 0);
  const squares = units.reduce((sum, unit) => sum + (unit.bytes * (unit.fraction - fraction)) ** 2, 0);
  return left === 0 ? 0 : Math.sqrt(squares / (units.length - 1)) / (left / units.length);
}

interface Variation {
  readonly variation: number | undefined;
  readonly freedom: number;
}

function pooled(variations: readonly Variation[]): number | undefined {
  const known = variations.flatMap(({ variation, freedom }) =>
    variation === undefined ? [] : [{ variation, freedom }],
  );
  const freedom = known.reduce((sum, one) => sum + one.freedom, 0);
  if (freedom === 0) return undefined;
  return Math.sqrt(known.reduce((sum, one) => sum + one.freedom * one.variation ** 2, 0) / freedom);
}

/** Relative, and without the part that was read, which is not uncertain. */
function standardError(variation: number, units: readonly UnitTest[], { totals }: Stratum): number {
  const read = units.reduce((sum, unit) => sum + unit.bytes, 0) / Math.max(1, totals.bytes);
  return (variation * Math.sqrt(Math.max(0, 1 - read))) / Math.sqrt(Math.max(1, units.length));
}
