import type { ObjectEntry } from '../../listing/dependencies.ts';
import { KIB, MIB } from '../../units.ts';
import type { Stratum } from './population.ts';

/** Bytes of an object that are read together: a small object as a whole, or a part of a large one. */
export interface SampleUnit {
  readonly entry: ObjectEntry;
  readonly start: number;
  readonly length: number;
}

export interface StratumSample {
  readonly stratum: Stratum;
  readonly units: readonly SampleUnit[];
}

/**
 * Size of the parts of larger objects that are read: more parts reduce the influence of chance; larger ones are more
 * like whole objects. The share of a domain is read in this many parts, within these bounds.
 */
const UNITS_PER_DOMAIN = 64;
const UNIT_BYTES = { min: 64 * KIB, max: MIB } as const;
const MAX_ROUNDS = 8;

/**
 * Divides the bytes to read among domains by the square root of their bytes: a compromise between proportional shares,
 * which are best for the total, and equal shares, which are best for each prefix (power allocation; Bankier, "Power
 * Allocations", The American Statistician 42, 1988). Within a domain, shares are proportional, so that its frames mix
 * sizes as archives do. Each stratum gets at least one unit.
 * @param random for the positions in large objects
 */
export function planSample(strata: readonly Stratum[], budget: number, random: () => number): StratumSample[] {
  const domains = new Map<string, number>();
  for (const { domain, totals } of strata) domains.set(domain, (domains.get(domain) ?? 0) + totals.bytes);
  const candidates = strata.map((stratum) => ({ stratum, entries: stratum.reservoir.take() }));
  const shares = divide(
    candidates.map(({ stratum: { domain, totals }, entries }) => ({
      weight: totals.bytes / Math.sqrt(Math.max(1, domains.get(domain) ?? 0)),
      most: readable(entries),
    })),
    budget,
  );
  const domainShares = new Map<string, number>();
  for (const [index, { stratum }] of candidates.entries()) {
    domainShares.set(stratum.domain, (domainShares.get(stratum.domain) ?? 0) + (shares[index] ?? 0));
  }
  return candidates.map(({ stratum, entries }, index) => {
    const even = (domainShares.get(stratum.domain) ?? 0) / UNITS_PER_DOMAIN;
    const unitBytes = Math.round(Math.min(UNIT_BYTES.max, Math.max(UNIT_BYTES.min, even)));
    return { stratum, units: takeUnits(entries, { bytes: shares[index] ?? 0, unitBytes, random }) };
  });
}

/** Bytes of these that can be read; parts of an object do not overlap. */
function readable(entries: readonly ObjectEntry[]): number {
  return entries.reduce((sum, { size }) => sum + size, 0);
}

interface Claim {
  readonly weight: number;
  readonly most: number;
}

/** Shares by weight; the others get what some do not need. */
function divide(claims: readonly Claim[], budget: number): number[] {
  const shares = claims.map(() => 0);
  let left = budget;
  for (let round = 0; round < MAX_ROUNDS && left > 1; round += 1) {
    const open = claims.map(({ most }, index) => (shares[index] ?? 0) < most);
    const total = claims.reduce((sum, { weight }, index) => sum + (open[index] === true ? weight : 0), 0);
    if (total === 0) break;
    let given = 0;
    for (const [index, { weight, most }] of claims.entries()) {
      if (open[index] !== true) continue;
      const before = shares[index] ?? 0;
      shares[index] = Math.min(most, before + (left * weight) / total);
      given += (shares[index] ?? 0) - before;
    }
    left -= given;
  }
  return shares;
}

interface Taking {
  /** In total. */
  readonly bytes: number;
  /** Of a part of an object. */
  readonly unitBytes: number;
  readonly random: () => number;
}

function takeUnits(entries: readonly ObjectEntry[], { bytes, unitBytes, random }: Taking): SampleUnit[] {
  const units: SampleUnit[] = [];
  // The first unit of an object is at a random position.
  const objects = entries.map((entry) => {
    const parts = entry.size < 2 * unitBytes ? 1 : Math.floor(entry.size / unitBytes);
    return { entry, parts, first: Math.floor(random() * parts), stride: coprimeStride(parts) };
  });
  let left = bytes;
  for (let part = 0; ; part += 1) {
    const before = units.length;
    for (const { entry, parts, first, stride } of objects) {
      if (units.length > 0 && left <= 0) return units;
      if (part >= parts) continue;
      // More units of an object follow at even distances, wrapping around at its end.
      const position = (first + part * stride) % parts;
      const length = parts === 1 ? entry.size : unitBytes;
      units.push({ entry, start: position * unitBytes, length });
      left -= Math.max(1, length);
    }
    if (units.length === before) return units;
  }
}

/**
 * About the golden section of the number of parts: steps of this size spread over all parts before any part repeats.
 */
function coprimeStride(parts: number): number {
  let stride = Math.max(1, Math.round(parts * 0.618));
  while (greatestDivisor(stride, parts) !== 1) stride += 1;
  return stride;
}

function greatestDivisor(left: number, right: number): number {
  return right === 0 ? left : greatestDivisor(right, left % right);
}
