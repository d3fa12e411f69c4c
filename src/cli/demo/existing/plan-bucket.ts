import { createHash } from 'node:crypto';
import { makeObjectAttributes } from '../input/make-object-attributes.ts';
import type { DemoObject } from '../input/planned-object.ts';

/** Planted differences, by the kind that `s3xrc verify` must report. */
export interface PlantedKeys {
  /** Deleted at the target, and written at the source while its notification was lost. */
  readonly missing: { readonly deleted: readonly string[]; readonly unannounced: readonly string[] };
  /** Overwritten at the source while its notification was lost. */
  readonly older: readonly string[];
  /** With the stamp of the right version but wrong bytes, as a bug of ours would leave them. */
  readonly different: { readonly shorter: readonly string[]; readonly sameSize: readonly string[] };
  /** Written at the target by someone else, and edited there. */
  readonly foreign: { readonly replaced: readonly string[]; readonly edited: readonly string[] };
  /** At the target only. */
  readonly extra: readonly string[];
}

export interface ExistingObjectsPlan {
  /** The contents of the bucket before the rule. */
  readonly existing: readonly DemoObject[];
  /** Some of them in a class that cannot be read. */
  readonly archived: readonly DemoObject[];
  /** Overwritten while the backfill runs: in two halves, before and after everything is queued. */
  readonly overwritten: readonly [readonly DemoObject[], readonly DemoObject[]];
  readonly planted: PlantedKeys;
  /** Prefix of the keys whose bytes `verify --bytes` reads; includes all of `different.sameSize`. */
  readonly readPrefix: string;
}

/** With fewer objects, overwritten and planted objects could not be distinct. */
export const MIN_OBJECTS = 200;
/** Of each kind; `missing`, `different` and `foreign` have two kinds each. */
const GROUP = 5;
const FOLDERS = 10;
const ARCHIVED = 3;
/** One object in this many is overwritten. */
const OVERWRITTEN_ONE_IN = 20;
/** Tags cost a request per object, so only some objects have them. */
const TAGGED_ONE_IN = 16;
const MAX_LINES = 24;

/**
 * Plans what the demo of existing objects does to which keys: always the same for the same number of objects.
 * @param prefix of the rule
 */
export function planBucket(objects: number, prefix: string): ExistingObjectsPlan {
  const root = `${prefix}existing/`;
  const keyOf = (index: number): string => `${root}${index % FOLDERS}/ü ${String(index).padStart(7, '0')}.json`;
  const all = Array.from({ length: objects }, (_, index) => index);
  const isOverwritten = (index: number): boolean => index % OVERWRITTEN_ONE_IN === OVERWRITTEN_ONE_IN - 1;
  const overwritten = all.filter(isOverwritten).map((index) => planObject(keyOf(index), index, 'overwritten'));
  const half = Math.floor(overwritten.length / 2);
  const left = all.filter((index) => !isOverwritten(index)).map(keyOf);
  const readPrefix = `${root}0/`;
  const sameSize = left.filter((key) => key.startsWith(readPrefix)).slice(0, GROUP);
  const spread = spreadKeys(
    left.filter((key) => !sameSize.includes(key)),
    6 * GROUP,
  );
  const take = (count: number): string[] => spread.splice(0, count);
  return {
    existing: all.map((index) => planObject(keyOf(index), index, 'first')),
    archived: Array.from({ length: ARCHIVED }, (_, index) => ({
      ...planObject(`${root}archived/${index}`, index, 'first'),
      attributes: { headers: {}, metadata: {}, tags: [], storageClass: 'GLACIER' },
    })),
    overwritten: [overwritten.slice(0, half), overwritten.slice(half)],
    planted: {
      missing: { deleted: take(GROUP), unannounced: numbered(`${root}unannounced/`, GROUP) },
      older: take(2 * GROUP),
      different: { shorter: take(GROUP), sameSize },
      foreign: { replaced: take(GROUP), edited: take(GROUP) },
      extra: numbered(`${root}extra/`, 2 * GROUP),
    },
    readPrefix,
  };
}

/** An uncompressed object of a few hundred bytes to some kilobytes. */
export function planObject(key: string, index: number, version: string): DemoObject {
  const seed = createHash('sha256').update(key).digest();
  const lines = Array.from({ length: 1 + (seed.readUInt8(0) % MAX_LINES) }, (_, line) => ({
    line,
    version,
    object: index,
    level: seed.readUInt8(line % seed.length) % 3 === 0 ? 'warning' : 'information',
    message: `request ${seed.toString('hex', 0, 8)} took ${seed.readUInt8((line + 1) % seed.length)} ms`,
  }));
  const { tags, ...attributes } = makeObjectAttributes(key);
  return {
    key,
    body: { kind: 'bytes', bytes: Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join('')) },
    attributes: { ...attributes, tags: index % TAGGED_ONE_IN === 0 ? tags : [] },
  };
}

/** Keys spread over the whole list. */
function spreadKeys(keys: readonly string[], count: number): string[] {
  const step = Math.floor(keys.length / count);
  return keys.filter((_, index) => index % step === 0).slice(0, count);
}

function numbered(before: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${before}${index}.json`);
}
