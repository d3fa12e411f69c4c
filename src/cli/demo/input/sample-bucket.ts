import { BILLED_GIGABYTE } from '../../../adaptive/cost-model.ts';
import type { ListedObject, ObjectPager } from '../../../listing/dependencies.ts';
import { listObjects } from '../../../listing/list-objects.ts';
import type { ObjectReader } from '../../../storage/object-store.ts';
import { formatBytes, formatCount, formatPlural } from '../../command/numbers.ts';
import { DemoInputError } from '../errors.ts';
import type { PlannedContent } from './plan-objects.ts';
import { READ_BYTES } from './planned-object.ts';
import { Sample } from './sample.ts';
import type { SkippedEntry } from './walk-folder.ts';

/** Max listed objects: a thousand requests. */
const MAX_LISTED = 1_000_000;
/** Limits the duration: the emulated regions handle a few hundred requests a second. */
const MAX_OBJECTS = 10_000;
const PAGE = 1000;
/** List prices in most regions as of November 2026: per request, and per GB that leaves AWS. */
const DOLLARS = { list: 0.005 / 1000, get: 0.0004 / 1000, internetGigabyte: 0.09 } as const;
const ARCHIVED: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);
/** Max skipped objects that are listed individually. */
const NAMED = 10;

export interface BucketSource {
  readonly bucket: string;
  /** Prefix of the keys; empty: all keys. */
  readonly prefix: string;
  /** Max bytes of objects to use. */
  readonly sampleBytes: number;
}

export interface SampledBucket {
  readonly content: PlannedContent;
  /** Describes to the user what was chosen, and how. */
  readonly description: string;
  /** Describes to the user the max cost of listing and reading it. */
  readonly cost: string;
}

/**
 * Chooses objects of a bucket to replicate. Lists and, when they are uploaded, reads; nothing else.
 * @throws DemoInputError when there is nothing to replicate; what listing throws
 */
export async function sampleBucket(
  { bucket, prefix, sampleBytes }: BucketSource,
  { pager, reader }: { readonly pager: ObjectPager; readonly reader: ObjectReader },
  signal?: AbortSignal,
): Promise<SampledBucket> {
  const sample = new Sample({ bytes: sampleBytes, objects: MAX_OBJECTS });
  const skipped = new SkippedObjects();
  let listed = 0;
  let bytes = 0;
  const request = { bucket, prefixes: [prefix], order: 'key' as const, ...(signal === undefined ? {} : { signal }) };
  for await (const page of listObjects(pager, request)) {
    for (const object of page) {
      const problem = problemOf(object, sampleBytes);
      if (problem === undefined) sample.offer(object);
      else skipped.add(object.key, problem);
    }
    listed += page.length;
    bytes += page.reduce((sum, { size }) => sum + size, 0);
    if (listed >= MAX_LISTED) break;
  }
  const objects = sample.take();
  const name = `s3://${bucket}/${prefix}`;
  if (objects.length === 0) {
    const reason = listed === 0 ? 'no object has that prefix' : `all ${formatCount(listed)} objects were skipped`;
    throw new DemoInputError(`Nothing to replicate in --source ${name}: ${reason}${skipped.firstReason()}`);
  }
  // The folder in the prefix is the location of the objects, not part of their names.
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  const bodies = objects.map(({ key, size, etag }) => ({
    relativePath: key.slice(folder.length),
    body: { kind: 'stored' as const, size, location: { bucket, key }, etag, reader },
  }));
  const taken = objects.reduce((sum, { size }) => sum + size, 0);
  const all = listed >= MAX_LISTED ? `the first ${formatPlural(listed, 'object')}` : formatPlural(listed, 'object');
  const description =
    objects.length === listed
      ? `${name}: all ${all}, ${formatBytes(taken)}`
      : `${name}: a random sample of ${formatCount(objects.length)} of ${all}, ${formatBytes(taken)} of ${formatBytes(bytes)}, the same one in every run`;
  const cost = describeCost(Math.ceil(listed / PAGE), objects);
  return { content: { bodies, skipped: skipped.entries() }, description, cost };
}

function describeCost(lists: number, objects: readonly ListedObject[]): string {
  const bytes = objects.reduce((sum, { size }) => sum + size, 0);
  const reads = objects.reduce((sum, { size }) => sum + Math.max(1, Math.ceil(size / READ_BYTES)), 0);
  const dollars = lists * DOLLARS.list + reads * DOLLARS.get + (bytes / BILLED_GIGABYTE) * DOLLARS.internetGigabyte;
  const what = `${formatPlural(lists, 'list request')}, ${formatPlural(reads, 'read')}, ${formatBytes(bytes)}`;
  return `Reading costs up to ${dollars.toFixed(4)} USD: ${what} (transfer is free within the bucket's region).`;
}

function problemOf({ size, storageClass }: ListedObject, sampleBytes: number): string | undefined {
  if (ARCHIVED.has(storageClass)) return `it is in ${storageClass}`;
  return size > sampleBytes ? `it is larger than the sample (${formatBytes(size)})` : undefined;
}

/** Lists some of them, and counts the others by reason. */
class SkippedObjects {
  readonly #named: SkippedEntry[] = [];
  #others = 0;

  add(key: string, reason: string): void {
    if (this.#named.length < NAMED) this.#named.push({ relativePath: key, reason });
    else this.#others += 1;
  }

  entries(): readonly SkippedEntry[] {
    if (this.#others === 0) return this.#named;
    return [...this.#named, { relativePath: '...', reason: `and ${formatPlural(this.#others, 'more object')}` }];
  }

  firstReason(): string {
    const [first] = this.#named;
    return first === undefined ? '' : `, ${JSON.stringify(first.relativePath)} because ${first.reason}`;
  }
}
