import {
  archiveLimits,
  breakEvenObjectSize,
  breakEvenVolume,
  type ObjectProfile,
  TYPICAL_PROFILE,
} from '../../adaptive/break-even.ts';
import { ruleCosts } from '../../adaptive/cost-model.ts';
import { typicalPrior } from '../../adaptive/typical-levels.ts';
import type { DeployedRule } from '../../configuration/deployed-rule.ts';
import { MissingPriceError } from '../../configuration/errors.ts';
import type { Prices } from '../../configuration/prices/prices.ts';
import { STORE_LEVEL } from '../../configuration/schema/levels.ts';
import { ruleDollars } from '../../templates/fixed-costs.ts';
import { formatBytes, formatCount } from '../command/numbers.ts';

/** The user's knowledge of a rule's objects. */
export interface KnownObjects {
  /** Original divided by compressed bytes; default: the usual 3. */
  readonly ratio?: number;
  /** Mean size in bytes. Absent: sizes on both sides of most break-evens. */
  readonly objectBytes?: number;
}

const ADVICE = 'remove the rule, and let S3 replicate its objects directly';
const SIZES = [1e6, 10e6];

/**
 * The size of objects and the volume from which a rule is cheaper than S3's own replication, and what to do below that,
 * in lines for the plan of `npm run configure`.
 */
export function describeBreakEven(rule: DeployedRule, prices: Prices, known: KnownObjects = {}): string[] {
  try {
    return describe(rule, prices, known);
  } catch (error) {
    if (!(error instanceof MissingPriceError)) throw error;
    return [
      'unknown: configuration/prices.json has no transfer price for these regions; add it to "prices" in settings.json',
    ];
  }
}

function describe(rule: DeployedRule, prices: Prices, known: KnownObjects): string[] {
  const costs = ruleCosts(rule, prices);
  const experience = experienceOf(rule, known.ratio);
  const limits = archiveLimits(rule);
  const fixed = ruleDollars(rule);
  const size = breakEvenObjectSize(costs, experience, limits);
  const ratio = `${(1 / experience.ratio).toFixed(1).replace('.0', '')}x`;
  if (!Number.isFinite(size)) return [`never: at ${ratio} no object size pays off`, ADVICE];
  if (known.objectBytes !== undefined && known.objectBytes < size) {
    const mean = formatBytes(known.objectBytes);
    return [`never with objects of ${mean}: at ${ratio} they must be ${formatBytes(size)} or more on average`, ADVICE];
  }
  const overwritten = breakEvenObjectSize(costs, { ...experience, overwritten: 1 }, limits);
  const sizes = known.objectBytes === undefined ? sizesAbove(size) : [known.objectBytes];
  const volumes = sizes.map((objectBytes) => {
    const volume = breakEvenVolume(costs, experience, limits, { objectBytes, fixed });
    return `${Number.isFinite(volume) ? `${roundedVolume(volume)} GB` : 'no volume'} of ${formatBytes(objectBytes)}`;
  });
  return [
    `objects of ${formatBytes(size)} or more on average (${formatBytes(overwritten)} if all are overwrites), at ${ratio}`,
    `at least ${volumes.join(' or ')} objects per month, arriving evenly: this covers the rule's fixed cost of ${fixed.toFixed(2)} USD per month`,
    'below either: let S3 replicate these objects directly, merge rules into one with a shorter prefix, or raise batch_window',
  ];
}

/** The usual sizes; if none of them saves money, one that does. */
function sizesAbove(breakEven: number): number[] {
  const sizes = SIZES.filter((size) => size > breakEven);
  return sizes.length === 0 ? [2 * breakEven] : sizes;
}

/** A fixed level has its own speed; its ratio differs less between levels than between kinds of objects. */
function experienceOf({ source: { level, levels } }: DeployedRule, ratio: number | undefined): ObjectProfile {
  if (level === undefined && levels.every((each) => each === STORE_LEVEL)) return { ratio: 1, cpuSecondsPerByte: 0 };
  return {
    ratio: ratio === undefined ? TYPICAL_PROFILE.ratio : 1 / ratio,
    cpuSecondsPerByte:
      level === undefined ? TYPICAL_PROFILE.cpuSecondsPerByte : typicalPrior('text', level, 1).secondsPerByte,
  };
}

/** Two digits, since the inputs are not more precise. */
function roundedVolume(gigabytes: number): string {
  return formatCount(Number(gigabytes.toPrecision(2)));
}
