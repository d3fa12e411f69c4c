import type { DeployedRule } from '../configuration/deployed-rule.ts';
import { GIB } from '../units.ts';
import {
  type Amounts,
  BILLED_GIGABYTE,
  DAYS_PER_MONTH,
  isMultipart,
  PART_BYTES,
  type RuleCosts,
  sumLines,
} from './cost-model.ts';

/** The properties of a rule's objects that decide its costs. */
export interface ObjectProfile {
  /** Archive bytes divided by object bytes. */
  readonly ratio: number;
  /** CPU seconds of compression per byte of an object. */
  readonly cpuSecondsPerByte: number;
  /** Share of objects whose key exists at the target; 0 if not given. */
  readonly overwritten?: number;
}

/** The limits that close an archive, whichever is reached first. */
export interface ArchiveLimits {
  readonly objects: number;
  /** Bytes of objects. */
  readonly bytes: number;
  /** Seconds for which objects are collected after the first one. */
  readonly windowSeconds: number;
}

/** Objects to be sent. */
export interface Traffic {
  readonly objects: number;
  readonly bytes: number;
  /** Seconds over which they arrive evenly. Absent: they all exist already, so archives are full. */
  readonly seconds?: number;
}

/** 3x at level 9: 45 MB/s of one core (docs/decisions/0003-packing-speed.md). */
export const TYPICAL_PROFILE: ObjectProfile = { ratio: 1 / 3, cpuSecondsPerByte: 1 / 45e6 };
/** A rule's defaults except the bytes: most rules do not have enough traffic for archives of 256 MiB. */
export const TYPICAL_LIMITS: ArchiveLimits = { objects: 1000, bytes: 64e6, windowSeconds: 20 };

export const SECONDS_PER_MONTH = DAYS_PER_MONTH * 86_400;
/** Larger objects cost the same per byte. */
const MAX_SIZE = GIB;
const MAX_VOLUME = 1e9;
const BISECTIONS = 60;

/** The limits of a rule; bytes only up to the usual size of an archive. */
export function archiveLimits({ source, sizing }: Pick<DeployedRule, 'source' | 'sizing'>): ArchiveLimits {
  return {
    objects: sizing.batchSize,
    bytes: Math.min(TYPICAL_LIMITS.bytes, source.maxArchiveBytes),
    windowSeconds: sizing.batchWindowSeconds,
  };
}

/**
 * Archives that this traffic is packed into.
 *
 * | arriving            | archives                                                                       |
 * |---------------------|--------------------------------------------------------------------------------|
 * | all at once         | as many as the limits of objects and bytes require                             |
 * | evenly              | those, or one per window plus the wait for its first object, whichever is more |
 */
export function countArchives({ objects, bytes, seconds }: Traffic, limits: ArchiveLimits): number {
  const full = Math.max(objects / limits.objects, bytes / Math.max(limits.bytes, bytes / objects));
  if (seconds === undefined) return full;
  return Math.max(full, seconds / (limits.windowSeconds + seconds / objects));
}

/** USD saved for this traffic of objects of one size; negative if plain replication is cheaper. */
export function savedOnTraffic(
  { ours, plain }: RuleCosts,
  experience: ObjectProfile,
  limits: ArchiveLimits,
  traffic: Traffic,
): number {
  const amounts = trafficAmounts(experience, limits, traffic);
  return sumLines(plain, amounts) - sumLines(ours, amounts);
}

/**
 * Min mean size of objects, in bytes, for which a full archive is cheaper than plain replication.
 * @returns Infinity when no size pays off
 */
export function breakEvenObjectSize(costs: RuleCosts, experience: ObjectProfile, limits: ArchiveLimits): number {
  const saved = (size: number): number =>
    savedOnTraffic(costs, experience, limits, { objects: BILLED_GIGABYTE / size, bytes: BILLED_GIGABYTE });
  // An object larger than a frame costs an extra HEAD and a separate upload, so the savings drop once at that size.
  for (const [from, to] of [
    [1, PART_BYTES],
    [PART_BYTES + 1, MAX_SIZE],
  ] as const) {
    if (saved(to) > 0) return saved(from) > 0 ? from : bisect(saved, from, to);
  }
  return Number.POSITIVE_INFINITY;
}

/**
 * GB (2^30 bytes) per month from which evenly arriving objects of one size pay for the rule's fixed costs.
 * @param fixed USD per month
 * @returns Infinity when no volume does
 */
export function breakEvenVolume(
  costs: RuleCosts,
  experience: ObjectProfile,
  limits: ArchiveLimits,
  { objectBytes, fixed }: { readonly objectBytes: number; readonly fixed: number },
): number {
  const net = (gigabytes: number): number => {
    const bytes = gigabytes * BILLED_GIGABYTE;
    const traffic = { objects: bytes / objectBytes, bytes, seconds: SECONDS_PER_MONTH };
    return savedOnTraffic(costs, experience, limits, traffic) - fixed;
  };
  let most = 1;
  while (net(most) <= 0) {
    most *= 2;
    if (most > MAX_VOLUME) return Number.POSITIVE_INFINITY;
  }
  return bisect(net, most / 2, most);
}

/** The amounts of traffic whose objects all have one size. */
export function trafficAmounts(
  { ratio, cpuSecondsPerByte, overwritten = 0 }: ObjectProfile,
  limits: ArchiveLimits,
  traffic: Traffic,
): Amounts {
  const { objects, bytes } = traffic;
  const size = bytes / objects;
  const archives = countArchives(traffic, limits);
  const isLarge = size > PART_BYTES;
  const frames = isLarge ? objects * Math.round(size / PART_BYTES) : 0;
  return {
    archives,
    objects,
    originalBytes: bytes,
    archiveBytes: bytes * ratio,
    cpuSeconds: bytes * cpuSecondsPerByte,
    multipartArchives: isMultipart((bytes * ratio) / archives) ? archives : 0,
    largeReads: frames,
    largeWrites: isLarge ? frames + objects : 0,
    // A large object needs a HEAD before it is written, whether or not it exists.
    looks: isLarge ? objects : objects * overwritten,
  };
}

/** The point where `of` changes from negative to positive. */
function bisect(of: (value: number) => number, from: number, to: number): number {
  let [low, high] = [from, to];
  for (let step = 0; step < BISECTIONS; step += 1) {
    const middle = (low + high) / 2;
    if (of(middle) > 0) high = middle;
    else low = middle;
  }
  return high;
}
