import { describe, expect, test } from '@jest/globals';
import type { ReplicationRule } from '../../../src/configuration/rule.ts';
import { PENDING_TAGS, STAMP_NAME } from '../../../src/storage/provenance.ts';
import { MIB } from '../../../src/units.ts';
import type { TestObject } from '../../support/archives.ts';
import { FailingObjectStore, type FailingOptions, type StoreCall } from '../../support/failing-object-store.ts';
import { archiveOf, INBOUND, NOW, RULE, TARGET, TargetRegion, textObject } from '../../support/target-region.ts';

const AT = { bucket: TARGET, key: 'k' };
/** 7.9 KB as a header. */
const TAGS = Array.from({ length: 10 }, (_, n) => ({ [`${n}${'К'.repeat(11)}`]: 'я'.repeat(120) }));
const FULL: [string, string][] = [['note', 'x'.repeat(2044)]];
const KEEP: ReplicationRule = {
  ...RULE,
  destinations: RULE.destinations.map((destination) => ({ ...destination, onConflict: 'keep' })),
};
const own = Object.assign({}, ...TAGS) as Record<string, string>;

class Region extends TargetRegion {
  failing = new FailingObjectStore(this.store);
  #archives = 0;

  /** Makes these calls fail. */
  fail(calls: Partial<Record<StoreCall, readonly number[]>>, options: FailingOptions = {}): void {
    this.failing = new FailingObjectStore(this.store, calls, options);
    this.dependencies = { ...this.dependencies, store: this.failing };
  }

  /** @returns whether the archive is done */
  async restore(sequence: number, body: string | Buffer, more: Partial<TestObject> = {}): Promise<boolean> {
    this.#archives += 1;
    const object = {
      ...textObject('k', ''),
      body: Buffer.from(body),
      sequencer: sequence.toString(16),
      tags: TAGS,
      ...more,
    };
    const message = await this.arrive(
      archiveOf([object, textObject('other', 'o')]),
      `${RULE.id}/${this.#archives}.tar.zst`,
    );
    const { batchItemFailures } = await this.process(message);
    expect(this.queue.letters).toEqual([]);
    return batchItemFailures.length === 0;
  }

  /** Delivers the last archive again. */
  async again(): Promise<boolean> {
    const key = `${RULE.id}/${this.#archives}.tar.zst`;
    const body = this.store.look({ bucket: INBOUND, key })?.body ?? Buffer.alloc(0);
    return (await this.process(await this.arrive(body, key, 2))).batchItemFailures.length === 0;
  }

  get tags(): Record<string, string> {
    return Object.fromEntries((this.store.look(AT)?.tags ?? []).map(({ key, value }) => [key, value]));
  }
}

describe('an object whose tags do not fit into request headers', () => {
  test.each<[string, Partial<TestObject>, Record<string, string>]>([
    ['with its stamp as metadata', {}, own],
    ['with no room for a stamp', { metadata: FULL }, own],
    ['with its stamp as a tag', { metadata: FULL, tags: TAGS.slice(1) }, { [STAMP_NAME]: expect.any(String) as never }],
    ['of several frames', { body: Buffer.alloc(20 * MIB, 'x') }, own],
  ])('arrives with all of its tags, for one additional request: %s', async (_, more, expected) => {
    const region = new Region();
    region.fail({});
    expect(await region.restore(1, 'first', more)).toBe(true);

    expect(region.tags).toEqual({ ...expected, ...Object.assign({}, ...(more.tags ?? TAGS)) });
    expect(region.failing.counts).toMatchObject({ putTags: 1, readTags: 0 });
    expect(region.telemetry.archives).toMatchObject([{ objects: 2, restored: 2 }]);
    expect(region.store.keys(INBOUND)).toEqual([]);
  });

  test.each<[string, Partial<TestObject>]>([
    ['with its stamp as metadata', {}],
    ['with no room for a stamp', { metadata: FULL }],
    ['of several frames', { body: Buffer.alloc(20 * MIB, 'x') }],
  ])('counts as restored only with its tags, which the next delivery adds if they are missing: %s', async (_, more) => {
    const region = new Region({ rules: [KEEP] });
    region.fail({ putTags: [1] });
    expect(await region.restore(1, 'first', more)).toBe(false);
    expect(Object.keys(region.tags)).toEqual([PENDING_TAGS]);
    expect(region.telemetry.archives).toEqual([]);

    region.fail({});
    expect(await region.again()).toBe(true);

    expect(region.tags).toEqual(own);
    expect(region.failing.counts).toMatchObject({ put: 0, createUpload: 0, putTags: 1 });
    expect(region.telemetry.archives).toMatchObject([{ restored: 1, skipped: 1 }]);
    expect(region.telemetry.conflicts).toEqual([]);
  });

  test('is a replay afterwards, which keeps tags that a user has changed since', async () => {
    const region = new Region();
    await region.restore(1, 'first');
    await region.store.putTags(AT, [{ key: 'mine', value: '1' }]);

    await region.restore(1, 'first');

    expect(region.tags).toEqual({ mine: '1' });
    expect(region.telemetry.skipped).toContainEqual(['k', 'replay']);
  });

  test('keeps its place in the order of writes while its tags are pending', async () => {
    const region = new Region({ rules: [KEEP] });
    region.fail({ putTags: [1] });
    await region.restore(2, 'second', { metadata: FULL });

    region.fail({});
    expect(await region.restore(1, 'first', { metadata: FULL })).toBe(true);
    expect(region.text('k')).toBe('second');
    expect(Object.keys(region.tags)).toEqual([PENDING_TAGS]);

    expect(await region.restore(3, 'third', { metadata: FULL })).toBe(true);
    expect([region.text('k'), region.tags]).toEqual(['third', own]);
    expect(region.telemetry.conflicts).toEqual([]);
  });

  test('adds the tags to the version that it wrote, so that no newer version gets them', async () => {
    const region = new Region({ now: () => NOW });
    const versions: unknown[] = [];
    const { store } = region;
    const put: typeof store.put = async (request) => ({ ...(await store.put(request)), versionId: 'v1' });
    const putTags: typeof store.putTags = (version, ...rest) => {
      versions.push(version);
      return store.putTags(version, ...rest);
    };
    const replaced: Readonly<Record<string, unknown>> = { put, putTags };
    const get = (target: typeof store, name: string): unknown => {
      const value = replaced[name] ?? (Reflect.get(target, name, target) as unknown);
      return typeof value === 'function' ? value.bind(target) : value;
    };
    region.dependencies = { ...region.dependencies, store: new Proxy(store, { get }) };
    await region.restore(1, 'first');
    expect(versions).toEqual([{ ...AT, versionId: 'v1' }]);
  });

  test.each([
    ['overwritten', true],
    ['deleted', false],
  ])(
    'reports tags that a newer object may have received, without versioning, if the key is %s meanwhile',
    async (_, isNewer) => {
      const region = new Region();
      const { store } = region;
      region.fail({});
      const putTags = region.failing.putTags.bind(region.failing);
      region.failing.putTags = async (...request) => {
        if (isNewer) await store.place(AT, Buffer.from('newer'));
        await putTags(...request);
        if (!isNewer) store.erase(AT);
      };

      expect(await region.restore(1, 'first')).toBe(!isNewer);

      expect(region.telemetry.failedObjects).toEqual(isNewer ? [['k', 'TAGS_MISPLACED']] : []);
      region.failing.putTags = putTags;
      expect(await region.again()).toBe(true);
    },
  );
});
