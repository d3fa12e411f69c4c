import { beforeEach, describe, expect, test } from '@jest/globals';
import { crc32 } from '../../../src/archive/checksum.ts';
import { digestContent } from '../../../src/storage/content-digest.ts';
import { AccessDeniedError, CustomerKeyError } from '../../../src/storage/errors.ts';
import { encodeStamp, originOf, STAMP_NAME, stampOf } from '../../../src/storage/provenance.ts';
import type { ObjectDescription } from '../../../src/storage/stored-object.ts';
import { countFaults, isFaultFound } from '../../../src/verifying/count-faults.ts';
import type { CopyFinding, VerificationCounts } from '../../../src/verifying/dependencies.ts';
import { runVerification } from '../../../src/verifying/run-verification.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { MemoryStorePager } from '../../support/memory-store-pager.ts';
import { exampleRule } from '../../support/rules.ts';
import { plainVerification } from '../../support/verification.ts';

const NOW = Date.UTC(2026, 10, 29, 12);
const HOUR = 3_600_000;
const [SOURCE, FIRST, SECOND] = ['source-bucket', 'first', 'second'];
const at = (bucket: string, key: string): { bucket: string; key: string } => ({ bucket, key });

class Refusing extends MemoryObjectStore {
  refuse: (bucket: string, key: string) => Error | undefined = () => undefined;
  refuseTags: Error | undefined;
  /** Other fields in the HEAD answers of a key. */
  readonly describedAs = new Map<string, Partial<ObjectDescription>>();

  override async head(...args: Parameters<MemoryObjectStore['head']>): ReturnType<MemoryObjectStore['head']> {
    const refused = this.refuse(args[0].bucket, args[0].key);
    if (refused !== undefined) throw refused;
    const found = await super.head(...args);
    return found === undefined ? undefined : { ...found, ...this.describedAs.get(args[0].key) };
  }

  override readTags(...args: Parameters<MemoryObjectStore['readTags']>): ReturnType<MemoryObjectStore['readTags']> {
    return this.refuseTags === undefined ? super.readTags(...args) : Promise.reject(this.refuseTags);
  }
}

let now = NOW;
let store: Refusing;

beforeEach(() => {
  now = NOW - 48 * HOUR;
  store = new Refusing({ now: () => now });
});

interface Run {
  readonly counts: VerificationCounts;
  readonly faults: number;
  readonly named: number;
  /** Kind and key. */
  readonly found: readonly string[];
  readonly reasons: readonly string[];
}

async function verify(rule = exampleRule({}, [{ bucket: FIRST }]), whileListing = (): void => undefined): Promise<Run> {
  now = NOW;
  const findings: CopyFinding[] = [];
  const pager = new MemoryStorePager(store);
  const counts = await runVerification(plainVerification(rule, NOW), {
    source: { pager, store },
    destinations: rule.destinations.map((destination) => ({
      destination,
      pager: {
        page: (request) => {
          whileListing();
          return pager.page(request);
        },
      },
      store,
    })),
    clock: { now: () => now, sleep: () => Promise.resolve() },
    checkpoint: () => Promise.resolve(),
    onProgress: () => undefined,
    onFinding: (finding) => findings.push(finding),
  });
  return {
    counts,
    faults: countFaults(counts, rule),
    named: findings.filter(isFaultFound).length,
    found: findings.map(({ kind, key }) => `${kind} ${key}`),
    reasons: findings.map(({ reason }) => reason),
  };
}

describe('a second check of the source before a copy is called wrong', () => {
  test('does not report an object as missing that was deleted on both sides during the listing', async () => {
    for (const key of ['a', 'b']) {
      await store.place(at(SOURCE, key), Buffer.from(key));
      await store.place(at(FIRST, key), Buffer.from(key));
    }
    const { faults, found } = await verify(undefined, () => {
      store.erase(at(SOURCE, 'b'));
      store.erase(at(FIRST, 'b'));
    });
    expect([faults, found]).toEqual([0, ['not-due b']]);
  });

  test('reports an object twice if it is missing at two destinations, but checks the source once', async () => {
    await store.place(at(SOURCE, 'a'), Buffer.from('a'));
    const { faults, counts } = await verify(exampleRule({}, [{ bucket: FIRST }, { bucket: SECOND }]));
    expect([faults, counts.missing, counts.looks]).toEqual([2, 2, 1]);
  });

  test('still reports a missing object if the source refuses the check', async () => {
    await store.place(at(SOURCE, 'a'), Buffer.from('a'));
    store.refuse = (bucket) => (bucket === SOURCE ? new AccessDeniedError('403') : undefined);
    expect((await verify()).found).toEqual(['missing a']);
  });

  test('reports objects that cannot be read at the source, with SSE-C or archived, neither as missing nor as faults', async () => {
    for (const key of ['key', 'deep', 'frozen', 'plain']) await store.place(at(SOURCE, key), Buffer.from(key));
    store.seal(at(SOURCE, 'key'), 'customer-key');
    store.describedAs.set('deep', { storageClass: 'INTELLIGENT_TIERING', archiveStatus: 'DEEP_ARCHIVE_ACCESS' });
    // An inventory does not know it yet.
    store.describedAs.set('frozen', { storageClass: 'GLACIER' });
    const { counts, faults, named, found, reasons } = await verify();
    expect(found).toEqual(['unreplicable deep', 'unreplicable frozen', 'unreplicable key', 'missing plain']);
    expect([counts.unreplicable, counts.missing, faults, named]).toEqual([3, 1, 1, 1]);
    expect(reasons).toEqual([
      'archived at the source: DEEP_ARCHIVE_ACCESS',
      'archived at the source: GLACIER',
      "encrypted at the source with a customer's key (SSE-C)",
      '',
    ]);
  });

  test.each([
    [false, 0, ['replica a']],
    [true, 1, ['missing a']],
  ])('expects a copy of what another rule restored at the source only with chain: %s', async (chain, faults, found) => {
    const bytes = Buffer.from('a');
    const digest = digestContent({ size: 1, crc32: crc32(bytes), headers: {}, metadata: {} });
    const stamp = stampOf({ origin: originOf('another'), eventTime: now, etag: '0cc175b9' });
    const metadata = { [STAMP_NAME]: encodeStamp(stamp, digest, at(SOURCE, 'a')) };
    await store.place(at(SOURCE, 'a'), bytes, { metadata });
    const run = await verify(exampleRule({ chain }, [{ bucket: FIRST }]));
    expect([run.faults, run.named, run.found]).toEqual([faults, faults, found]);
  });
});

describe('an object whose metadata has no room for a stamp', () => {
  const FULL = { note: 'x'.repeat(2044) };
  const bytes = Buffer.from('a');

  /** Restores an object at the source as another rule, or at the destination as this rule. */
  async function restore(bucket: string, origin: string, etag: string): Promise<void> {
    const digest = digestContent({ size: 1, crc32: crc32(bytes), headers: {}, metadata: FULL });
    const stamp = stampOf({ origin: originOf(origin), eventTime: now, etag });
    const tags = [{ key: STAMP_NAME, value: encodeStamp(stamp, digest, at(bucket, 'a')) }];
    await store.place(at(bucket, 'a'), bytes, { metadata: FULL, tags });
  }

  test('is a replica at the source if its tag says so', async () => {
    await restore(SOURCE, 'another', '0cc175b9');
    expect((await verify()).found).toEqual(['replica a']);
    store.refuseTags = new AccessDeniedError('s3:GetObjectTagging');
    expect((await verify()).found).toEqual(['missing a']);
  });

  test('is older at the destination if its tag says so, whatever its size and date', async () => {
    await store.place(at(SOURCE, 'a'), Buffer.from('b'), { metadata: FULL });
    now += HOUR;
    await restore(FIRST, SOURCE, '0cc175b9');
    expect((await verify()).found).toEqual(['older a']);
    // Without the tag, a later copy of the same size counts as the right one.
    store.refuseTags = new AccessDeniedError('s3:GetObjectTagging');
    expect((await verify()).found).toEqual([]);
  });
});

test.each([new AccessDeniedError('403'), new CustomerKeyError('400')])(
  'a copy that S3 does not show is a fault, and the others are compared: %s',
  async (refusal) => {
    for (const key of ['a', 'b', 'c']) await store.place(at(SOURCE, key), Buffer.from(key));
    for (const key of ['a', 'c']) await store.place(at(FIRST, key), Buffer.from('of another size'));
    store.refuse = (bucket, key) => (bucket === FIRST && key === 'a' ? refusal : undefined);
    const { faults, named, found } = await verify();
    expect([faults, named, found]).toEqual([3, 3, ['unreadable a', 'missing b', 'foreign c']]);
  },
);

test('what others wrote is a fault only at destinations where the source wins', async () => {
  await store.place(at(SOURCE, 'a'), Buffer.from('a'));
  for (const bucket of [FIRST, SECOND]) await store.place(at(bucket, 'a'), Buffer.from('theirs'));
  const kept = { bucket: FIRST, onConflict: 'keep' } as const;
  const { counts, faults, named } = await verify(exampleRule({}, [kept, { bucket: SECOND }]));
  expect([counts.foreign, counts.foreignKept, faults, named]).toEqual([2, 1, 1, 1]);
  expect((await verify(exampleRule({}, [kept]))).faults).toBe(0);
});
