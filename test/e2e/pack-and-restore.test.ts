import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FramePool } from '../../src/compression/frame-pool.ts';
import type { WriteTarget } from '../../src/storage/object-store.ts';
import { frameWorkerModule } from '../../src/wiring/frame-worker-module.ts';
import { createPackingBuffers } from '../../src/wiring/packing-buffers.ts';
import { createFrameBuffers } from '../../src/wiring/target.ts';
import { HOSTILE_KEYS, objectKeys } from '../support/hostile-keys.ts';
import { exampleRule } from '../support/rules.ts';
import { OUTBOUND, SourceServiceHarness } from '../support/source-service.ts';
import { RULE, TARGET, TargetRegion } from '../support/target-region.ts';

const pool = new FramePool({ worker: frameWorkerModule(), threads: 2 });
afterAll(() => pool.close());

interface SourceObject extends Partial<Pick<WriteTarget, 'headers' | 'metadata' | 'tags' | 'storageClass'>> {
  readonly key: string;
  readonly body: Uint8Array;
}

/** Both services with real worker threads, and a replicator between them that copies every archive. */
async function sendThrough(objects: readonly SourceObject[]) {
  const source = new SourceServiceHarness({
    rule: exampleRule(),
    pool,
    buffers: createPackingBuffers(2),
    limits: { parallelReads: 64, resumableBytes: 2 ** 30 },
  });
  const target = new TargetRegion({ dependencies: { pool, buffers: createFrameBuffers(2) } });
  const messages = [];
  for (const { key, body, ...carried } of objects) messages.push(await source.place(key, body, carried));
  const returned = await source.process(...messages);
  for (const key of source.archiveKeys()) {
    const arrived = await target.arrive(source.archive(key), key);
    const { batchItemFailures } = await target.process(arrived);
    returned.push(...batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  }
  return { source, target, returned };
}

/** What a reader of the target sees of an object, without the stamp, next to what was put at the source. */
function compare(sent: Awaited<ReturnType<typeof sendThrough>>, { key }: SourceObject): void {
  const before = sent.source.memory.look({ bucket: 'source-bucket', key });
  const after = sent.target.store.look({ bucket: TARGET, key });
  const { s3xrc, ...metadata } = after?.description.metadata ?? {};
  expect(s3xrc).toMatch(/^2:[0-9a-f]{8}:/);
  expect(metadata).toEqual(before?.description.metadata);
  expect(after?.description.headers).toEqual(before?.description.headers);
  expect(after?.description.storageClass).toBe(before?.description.storageClass);
  expect(after?.tags).toEqual(before?.tags);
  expect(after?.body.equals(before?.body ?? Buffer.alloc(0))).toBe(true);
}

describe('an object that passes through both services', () => {
  test('is the same at the target, whatever its key (C1.5, C1.6, C1.7, C1.8, C1.12)', async () => {
    const keys = [...new Set([...HOSTILE_KEYS, 'dir/', 'w/q', 'w//q', '/x', 'a', 'a/b', `n/${'n'.repeat(230)}`])];
    const objects = keys.map((key) => ({ key, body: Buffer.from(`the body of ${key}`) }));
    const sent = await sendThrough(objects);
    expect(sent.returned).toEqual([]);
    expect(sent.target.store.keys(TARGET)).toHaveLength(keys.length);
    for (const object of objects) compare(sent, object);
  });

  test('keeps headers, metadata, tags and storage class (C1.9, C1.13)', async () => {
    const object: SourceObject = {
      key: 'a.csv',
      body: Buffer.from('1,2,3'),
      headers: {
        contentType: 'text/csv',
        contentEncoding: 'identity',
        cacheControl: 'no-store',
        expires: '0',
        contentLanguage: 'de',
      },
      metadata: { plain: 'x', 'non-ascii': 'Zürich 日本語 🎉', long: 'l'.repeat(1500) },
      tags: Array.from({ length: 10 }, (_, index) => ({ key: `k${index}`, value: `v ${index}` })),
      storageClass: 'STANDARD_IA',
    };
    const sent = await sendThrough([object]);
    expect(sent.returned).toEqual([]);
    compare(sent, object);
  });

  test('arrives unchanged among objects of any sizes and keys, in any order', async () => {
    const object = fc.record({ key: objectKeys, body: fc.uint8Array({ maxLength: 3000 }) });
    const objects = fc.uniqueArray(object, { selector: ({ key }) => key, minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(objects, async (chosen) => {
        const sent = await sendThrough(chosen);
        expect(sent.returned).toEqual([]);
        for (const each of chosen) compare(sent, each);
      }),
      { numRuns: 30 },
    );
  });

  test('arrives as one of 20,000 in one archive, which is deleted afterwards (C3.1, C3.2)', async () => {
    const objects = Array.from({ length: 20_000 }, (_, index) => ({
      key: `logs/2026/11/${index}.json`,
      body: Buffer.from(JSON.stringify({ index, text: 'x'.repeat(index % 300) })),
    }));
    const sent = await sendThrough(objects);
    expect(sent.returned).toEqual([]);
    expect(sent.source.memory.keys(OUTBOUND)).toHaveLength(1);
    expect(sent.target.store.keys('inbound-bucket')).toEqual([]);
    expect(sent.target.store.keys(TARGET)).toHaveLength(20_000);
    for (const object of objects.filter((_, index) => index % 997 === 0)) compare(sent, object);
  });

  test('goes only where the rule of its archive says (C2.2)', async () => {
    const sent = await sendThrough([{ key: 'k', body: Buffer.from('x') }]);
    expect(sent.source.archiveKeys()[0]).toMatch(new RegExp(`^${RULE.id}/`));
    expect(sent.target.store.keys(TARGET)).toEqual(['k']);
  });
});
