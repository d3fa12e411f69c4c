import { expect, test } from '@jest/globals';
import { crc32 } from '../../../src/archive/checksum.ts';
import { digestContent } from '../../../src/storage/content-digest.ts';
import { encodeStamp, findStamp, STAMP_NAME } from '../../../src/storage/provenance.ts';
import type { VerificationCounts } from '../../../src/verifying/dependencies.ts';
import { runVerification } from '../../../src/verifying/run-verification.ts';
import { RecordingQueue } from '../../support/backfill.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { MemoryStorePager } from '../../support/memory-store-pager.ts';
import { queueMessage, s3Notification } from '../../support/notifications.ts';
import { exampleRule } from '../../support/rules.ts';
import { OUTBOUND, SourceServiceHarness } from '../../support/source-service.ts';
import { TARGET, TargetRegion } from '../../support/target-region.ts';
import { plainVerification } from '../../support/verification.ts';

const BUCKET = 'source-bucket';
const BEGIN = Date.UTC(2026, 10, 23, 10);
const FULL = { note: 'x'.repeat(2044) };
const TEN_TAGS = Array.from({ length: 10 }, (_, index) => ({ key: `t${index}`, value: 'v' }));
const keys = Array.from({ length: 300 }, (_, index) => `logs/${index}`);
/** `count` keys beginning at `first`: each call returns a separate group. */
const group = (first: number, count: number): string[] => keys.slice(first, first + count);

/** A rule with source and target in memory, on one clock that tests advance. */
class Replication {
  now = BEGIN;
  readonly rule;
  readonly source = new MemoryObjectStore({ now: () => this.now });
  readonly service;
  readonly region;
  #serial = 0x10;

  constructor(onConflict: 'overwrite' | 'keep' = 'overwrite') {
    this.rule = exampleRule({}, [{ onConflict, bucket: TARGET }]);
    this.service = new SourceServiceHarness({ rule: this.rule, store: this.source, now: () => this.now });
    this.region = new TargetRegion({ rules: [this.rule], now: () => this.now });
  }

  /** Writes an object and returns its event. */
  async write(key: string, body: string, more: Parameters<MemoryObjectStore['place']>[2] = {}): Promise<string> {
    const etag = await this.source.place({ bucket: BUCKET, key }, Buffer.from(body), more);
    this.#serial += 1;
    const eventTime = new Date(this.now + 300).toISOString();
    return s3Notification({ key, etag, size: body.length, eventTime, sequencer: this.#serial.toString(16) });
  }

  /** Packs and restores the objects of these messages. */
  async replicate(bodies: readonly string[]): Promise<void> {
    this.now += 60_000;
    const before = new Set(this.source.keys(OUTBOUND));
    expect(await this.service.process(...bodies.map((body) => queueMessage(body)))).toEqual([]);
    for (const key of this.source.keys(OUTBOUND).filter((made) => !before.has(made))) {
      const bytes = this.source.look({ bucket: OUTBOUND, key })?.body ?? Buffer.alloc(0);
      const { batchItemFailures } = await this.region.process(await this.region.arrive(bytes, key));
      expect(batchItemFailures).toEqual([]);
    }
    this.now += 60_000;
  }

  async verify(
    options: Partial<Parameters<typeof runVerification>[0]> = {},
  ): Promise<{ counts: VerificationCounts; found: Map<string, string[]>; queue: RecordingQueue }> {
    const found = new Map<string, string[]>();
    const queue = new RecordingQueue();
    const counts = await runVerification(
      { ...plainVerification(this.rule, this.now - 1000), ...options },
      {
        source: { pager: new MemoryStorePager(this.source), store: this.source },
        destinations: this.rule.destinations.map((destination) => ({
          destination,
          pager: new MemoryStorePager(this.region.store),
          store: this.region.store,
        })),
        queue,
        clock: { now: () => this.now, sleep: () => Promise.resolve() },
        checkpoint: () => Promise.resolve(),
        onProgress: () => undefined,
        onFinding: ({ kind, key }) => found.set(kind, [...(found.get(kind) ?? []), key].toSorted()),
      },
    );
    return { counts, found, queue };
  }

  /** Writes at the target as another writer. */
  async tamper(key: string, body: string, more: Parameters<MemoryObjectStore['place']>[2] = {}): Promise<void> {
    await this.region.store.place({ bucket: TARGET, key }, Buffer.from(body), more);
  }
}

const missing = group(0, 12);
const older = group(20, 14);
const foreign = group(40, 12);
const edited = group(60, 6);
const unmarked = group(80, 3);
const extra = ['logs/extra/1', 'logs/extra/2', 'logs/extra/3'];

/** Replicates all objects, then plants 50 differences of all kinds. */
async function plant(replication: Replication): Promise<void> {
  const events: string[] = [];
  for (const key of keys) {
    const bare = unmarked.includes(key) ? { metadata: FULL, tags: TEN_TAGS } : {};
    events.push(await replication.write(key, `body of ${key}`, bare));
  }
  await replication.replicate(events);
  for (const key of missing) replication.region.store.erase({ bucket: TARGET, key });
  // Overwritten at the source with different bytes, half of them of the same size, without an event.
  for (const [index, key] of older.entries())
    await replication.write(key, index % 2 === 0 ? `BODY of ${key}` : 'other');
  replication.now += 5000;
  for (const [index, key] of foreign.entries()) {
    await replication.tamper(key, index % 2 === 0 ? `BODY of ${key}` : 'theirs');
  }
  for (const key of edited) {
    const { metadata } = replication.region.store.look({ bucket: TARGET, key })?.description ?? { metadata: {} };
    await replication.tamper(key, 'edited in place', { metadata });
  }
  for (const key of unmarked) await replication.tamper(key, 'short', { metadata: FULL, tags: TEN_TAGS });
  for (const key of extra) await replication.tamper(key, 'nobody sent it');
  replication.now += 5000;
}

test('fifty planted differences of all kinds are found and classified correctly, and a repair fixes them', async () => {
  const replication = new Replication();
  await plant(replication);
  const { counts, found, queue } = await replication.verify();
  expect(Object.fromEntries(found)).toEqual({
    missing: missing.toSorted(),
    older: older.toSorted(),
    foreign: [...foreign, ...edited].toSorted(),
    different: unmarked.toSorted(),
    extra,
  });
  expect([...found.values()].flat()).toHaveLength(50);
  expect(counts).toMatchObject({
    compared: 303,
    equal: 253,
    missing: 12,
    older: 14,
    foreign: 18,
    different: 3,
    extra: 3,
    repaired: 47,
  });
  // Only suspects were looked at: existing copies, and the source objects of all that are wrong.
  expect(counts.looks).toBe(35 + 47);

  await replication.replicate(queue.bodies);
  const after = await replication.verify();
  expect(after.counts).toMatchObject({
    equal: 300,
    missing: 0,
    older: 0,
    different: 0,
    foreign: 0,
    extra: 3,
    repaired: 0,
  });
  for (const key of keys) {
    const original = replication.source.look({ bucket: BUCKET, key })?.body.toString();
    expect(replication.region.text(key)).toBe(original);
  }
});

test('what others wrote stays if the rule says keep', async () => {
  const replication = new Replication('keep');
  await plant(replication);
  const { counts, queue } = await replication.verify();
  expect(counts).toMatchObject({ foreign: 18, repaired: 29 });
  expect(queue.keys.filter((key) => foreign.includes(key) || edited.includes(key))).toEqual([]);
});

test('an event that was in flight wins over a repair', async () => {
  const replication = new Replication();
  await replication.replicate([await replication.write('logs/1', 'one')]);
  replication.now += 5000;
  await replication.write('logs/1', 'two, whose event was lost');
  replication.now += 5000;
  const { queue } = await replication.verify();
  expect(queue.keys).toEqual(['logs/1']);
  const event = await replication.write('logs/1', 'three');
  await replication.replicate([event]);
  await replication.replicate(queue.bodies);
  expect(replication.region.text('logs/1')).toBe('three');
});

test('a repair replaces a stamp that is later than Last-Modified, as after a multipart upload', async () => {
  const replication = new Replication();
  // Its upload began before the other version was written and ended after it; S3 dates it from its beginning.
  const begun = replication.now;
  replication.now += 30_000;
  await replication.replicate([await replication.write('logs/1', 'in between')]);
  replication.now = begun;
  await replication.write('logs/1', 'begun before, ended last');
  replication.now = begun + 600_000;
  const { found, queue } = await replication.verify();
  expect(Object.fromEntries(found)).toEqual({ older: ['logs/1'] });
  await replication.replicate(queue.bodies);
  expect(replication.region.text('logs/1')).toBe('begun before, ended last');
});

test('objects younger than what is due are counted separately', async () => {
  const replication = new Replication();
  await replication.write('logs/new', 'x');
  const { counts, queue } = await replication.verify({ dueBefore: replication.now - 60_000 });
  expect([counts.notDue, counts.missing, queue.keys]).toEqual([1, 0, []]);
});

test.each(['checksums', 'bytes'] as const)(
  '%s find what listings do not show, and these checks are counted',
  async (proof) => {
    const replication = new Replication();
    const event = await replication.write('logs/1', 'true');
    await replication.replicate([event, await replication.write('logs/2', 'also')]);
    // The same bytes and thus the same ETag; listings do not show who wrote it.
    await replication.tamper('logs/1', 'true', { metadata: { by: 'someone' } });
    expect((await replication.verify()).counts).toMatchObject({ equal: 2, looks: 0 });
    const { counts } = await replication.verify({ proof });
    expect(counts).toMatchObject({ equal: 2, looks: 4 });
    expect((await replication.verify({ proof, oneIn: 1_000_000 })).counts.looks).toBe(0);
  },
);

test.each(['checksums', 'bytes'] as const)('%s of both sides find wrong bytes under the right stamp', async (proof) => {
  const replication = new Replication();
  await replication.replicate([await replication.write('logs/1', 'true')]);
  const { metadata = {} } = replication.region.store.look({ bucket: TARGET, key: 'logs/1' })?.description ?? {};
  const found = findStamp({ metadata }, { bucket: TARGET, key: 'logs/1' });
  if (found === undefined) throw new TypeError('no stamp');
  const bytes = Buffer.from('TRUE');
  const digest = digestContent({ size: bytes.length, crc32: crc32(bytes), headers: {}, metadata: {} });
  const stamp = encodeStamp(found.stamp, digest, { bucket: TARGET, key: 'logs/1' });
  await replication.tamper('logs/1', 'TRUE', { metadata: { [STAMP_NAME]: stamp } });
  // Listing and stamp show no difference.
  expect((await replication.verify()).counts).toMatchObject({ equal: 1, different: 0 });
  expect((await replication.verify({ proof })).counts).toMatchObject({ equal: 0, different: 1, repaired: 1 });
});
