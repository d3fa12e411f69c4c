import { type ContentClass, guessContentClass } from '../../adaptive/content-class.ts';
import { LARGE_OBJECT } from '../../archive/format.ts';
import { countLargeFrames } from '../../archive/plan-frames.ts';
import type { ObjectEntry } from '../../listing/dependencies.ts';
import { Reservoir } from './reservoir.ts';

/** Objects of a stratum, or of any sum of them. Bytes are those of objects. */
export interface Totals {
  objects: number;
  bytes: number;
  /** Objects of more than 8 MiB, which have their own frames and uploads. */
  largeObjects: number;
  /** Requests to write those at each destination, beyond one per object. */
  largeWrites: number;
}

/**
 * Objects of one prefix, of one kind by name, and of about one size: similar enough that a few of them represent all.
 */
export interface Stratum {
  /** The prefix that it is reported under. */
  readonly group: string;
  /** Group and kind: its objects share frames. */
  readonly domain: string;
  readonly content: ContentClass;
  readonly totals: Totals;
  /** Of these, the objects written in the last 30 days. */
  readonly recent: Totals;
  readonly reservoir: Reservoir<ObjectEntry>;
}

export interface PopulationOptions {
  /** Prefix of all keys. */
  readonly prefix: string;
  /** Levels of folders below `prefix` that form separate groups. */
  readonly depth: number;
  /** Objects written at or after this time, in milliseconds since 1970, count as recent. */
  readonly since: number;
  readonly random: () => number;
}

/** Max prefixes that are reported separately; all others are in `OTHER_PREFIXES`. */
const MAX_GROUPS = 200;
export const OTHER_PREFIXES = '(other prefixes)';
/** Max candidates per stratum, and in total, to limit memory. */
const CANDIDATES = 1024;
const MAX_CANDIDATES = 200_000;
const MIN_CANDIDATES = 8;
/** Objects in these classes must be restored before a GET can read them. */
const ARCHIVE_CLASSES: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);

export function noTotals(): Totals {
  return { objects: 0, bytes: 0, largeObjects: 0, largeWrites: 0 };
}

/** Counts objects as they are listed, and keeps some of each stratum as candidates for the sample. Memory does not depend on their number. */
export class Population {
  readonly #options: PopulationOptions;
  readonly #groups = new Set<string>();
  readonly #strata = new Map<string, Stratum>();
  #capacity = CANDIDATES;
  #candidates = 0;
  /** Objects in archive classes, which cannot be read. */
  readonly archived: Totals = noTotals();
  /** Milliseconds since 1970; Infinity when no entry has a time. */
  oldest = Number.POSITIVE_INFINITY;

  constructor(options: PopulationOptions) {
    this.#options = options;
  }

  get strata(): readonly Stratum[] {
    return [...this.#strata.values()];
  }

  add(entry: ObjectEntry): void {
    if (ARCHIVE_CLASSES.has(entry.storageClass ?? '')) {
      addObject(this.archived, entry.size);
      return;
    }
    const stratum = this.#stratumOf(entry);
    addObject(stratum.totals, entry.size);
    const { lastModified } = entry;
    if (lastModified !== undefined) {
      if (lastModified >= this.#options.since) addObject(stratum.recent, entry.size);
      this.oldest = Math.min(this.oldest, lastModified);
    }
    this.#candidates += stratum.reservoir.add(entry, this.#options.random());
    if (this.#candidates > MAX_CANDIDATES && this.#capacity > MIN_CANDIDATES) this.#halve();
  }

  #stratumOf(entry: ObjectEntry): Stratum {
    const group = this.#groupOf(entry.key);
    const content = guessContentClass(entry.key);
    const domain = `${content} ${group}`;
    const name = `${sizeBand(entry.size)} ${domain}`;
    const known = this.#strata.get(name);
    if (known !== undefined) return known;
    const stratum: Stratum = {
      group,
      domain,
      content,
      totals: noTotals(),
      recent: noTotals(),
      reservoir: new Reservoir(this.#capacity),
    };
    this.#strata.set(name, stratum);
    return stratum;
  }

  #groupOf(key: string): string {
    const { prefix, depth } = this.#options;
    let end = prefix.length;
    for (let level = 0; level < depth; level += 1) {
      const slash = key.indexOf('/', end);
      if (slash === -1) break;
      end = slash + 1;
    }
    const group = key.slice(0, end);
    if (!this.#groups.has(group) && this.#groups.size >= MAX_GROUPS) return OTHER_PREFIXES;
    this.#groups.add(group);
    return group;
  }

  /** A smaller sample of a reservoir is still a random one. */
  #halve(): void {
    this.#capacity = Math.max(MIN_CANDIDATES, Math.floor(this.#capacity / 2));
    this.#candidates = 0;
    for (const { reservoir } of this.#strata.values()) {
      reservoir.shrink(this.#capacity);
      this.#candidates += reservoir.size;
    }
  }
}

export function addObject(totals: Totals, size: number): void {
  totals.objects += 1;
  totals.bytes += size;
  if (size <= LARGE_OBJECT) return;
  totals.largeObjects += 1;
  totals.largeWrites += countLargeFrames(size) + 1;
}

/** Sizes in a band differ by at most a factor of four. */
function sizeBand(size: number): number {
  return size === 0 ? -1 : Math.floor(Math.log2(size) / 2);
}

export function addTotals(sum: Totals, added: Totals): void {
  sum.objects += added.objects;
  sum.bytes += added.bytes;
  sum.largeObjects += added.largeObjects;
  sum.largeWrites += added.largeWrites;
}

/** Multiplies the totals by a factor. */
export function scaleTotals(totals: Totals, factor: number): Totals {
  return {
    objects: totals.objects * factor,
    bytes: totals.bytes * factor,
    largeObjects: totals.largeObjects * factor,
    largeWrites: totals.largeWrites * factor,
  };
}
