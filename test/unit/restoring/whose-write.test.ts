import { describe, expect, test } from '@jest/globals';
import type { ReplicationRule } from '../../../src/configuration/rule.ts';
import type { WriteTarget } from '../../../src/storage/object-store.ts';
import { STAMP_NAME } from '../../../src/storage/provenance.ts';
import type { TestObject } from '../../support/archives.ts';
import { archiveOf, NOW, RULE, TARGET, TargetRegion, textObject } from '../../support/target-region.ts';

const AT = { bucket: TARGET, key: 'k' };
const FULL: [string, string][] = [['note', 'x'.repeat(2044)]];
const TEN = Array.from({ length: 10 }, (_, index) => ({ [`t${index}`]: 'v' }));
const KEEP: ReplicationRule = {
  ...RULE,
  destinations: RULE.destinations.map((destination) => ({ ...destination, onConflict: 'keep' })),
};

class Region extends TargetRegion {
  #archives = 0;

  /** Restores a version of `k`, ordered by `sequence`. */
  async restore(sequence: number, body: string, more: Partial<TestObject> = {}): Promise<void> {
    this.#archives += 1;
    const archive = archiveOf([textObject('k', body, { sequencer: sequence.toString(16), ...more })]);
    const message = await this.arrive(archive, `${RULE.id}/${this.#archives}.tar.zst`);
    expect((await this.process(message)).batchItemFailures).toEqual([]);
    expect(this.queue.letters).toEqual([]);
  }

  /** A user edits `k` with a tool that keeps what it does not change: s3fs, rclone, the console. */
  async edit(body: string | undefined, target: Partial<WriteTarget> = {}): Promise<void> {
    const found = this.store.look(AT);
    if (found === undefined) throw new Error('nothing to edit');
    const { headers, metadata } = found.description;
    const bytes = body === undefined ? found.body : Buffer.from(body);
    await this.store.place(AT, bytes, { headers, metadata, tags: found.tags, ...target });
  }

  get metadata(): Record<string, string> {
    return { ...this.store.look(AT)?.description.metadata };
  }

  get tags(): Record<string, string> {
    return Object.fromEntries((this.store.look(AT)?.tags ?? []).map(({ key, value }) => [key, value]));
  }
}

test.each<[string, string | undefined, string | undefined, string]>([
  ['the version that the HEAD found', 'v1', 'v1', 'second'],
  ['an object in a bucket without versions', undefined, undefined, 'second'],
  ['a version that the HEAD did not name', undefined, 'v1', 'second'],
  ['another version, after which the message is retried', 'v1', 'v2', 'first'],
])('a stamp in a tag is compared with the version: the tags are of %s', async (_, looked, tagged, text) => {
  const region = new Region();
  await region.restore(1, 'first', { metadata: FULL });
  const { calls } = region;
  const [head, readTags] = [calls.head.bind(calls), calls.readTags.bind(calls)];
  calls.head = async (...args) => {
    const found = await head(...args);
    return found && { ...found, ...(looked !== undefined && { versionId: looked }) };
  };
  calls.readTags = async (...args) => ({
    ...(await readTags(...args)),
    ...(tagged !== undefined && { versionId: tagged }),
  });
  const archive = archiveOf([textObject('k', 'second', { sequencer: '2', metadata: FULL })]);
  const { batchItemFailures } = await region.process(await region.arrive(archive, `${RULE.id}/second.tar.zst`));
  expect([region.text('k'), batchItemFailures.length]).toEqual([text, text === 'first' ? 1 : 0]);
  expect(region.telemetry.conflicts).toEqual([]);
});

describe('an object that a user edited in place, keeping the stamp', () => {
  test.each<[string, (region: Region) => Promise<void>]>([
    ['bytes', (region) => region.edit('mine')],
    ['metadata', (region) => region.edit(undefined, { metadata: { ...region.metadata, note: 'mine' } })],
    ['headers', (region) => region.edit(undefined, { headers: { cacheControl: 'private' } })],
  ])('stays under on_conflict keep: edited %s', async (_, edit) => {
    const region = new Region({ rules: [KEEP] });
    await region.restore(1, 'first');
    await edit(region);
    const edited = region.store.look(AT);

    await region.restore(2, 'second');

    expect(region.store.look(AT)).toEqual(edited);
    expect(region.telemetry.skipped).toEqual([['k', 'kept']]);
  });

  test('is overwritten under on_conflict overwrite, and counted as a conflict', async () => {
    const region = new Region();
    await region.restore(1, 'first');
    await region.edit('mine');

    await region.restore(2, 'second');

    expect(region.text('k')).toBe('second');
    expect(region.telemetry.conflicts).toEqual(['k']);
  });

  test('keeps the edit when the write that it changed, or an older one, is replayed', async () => {
    const region = new Region();
    await region.restore(2, 'second');
    await region.edit('mine');

    await region.restore(2, 'second');
    await region.restore(1, 'first');

    expect(region.text('k')).toBe('mine');
    expect(region.telemetry.conflicts).toEqual([]);
  });
});

test('our own writes never conflict: a newer version replaces an older one, and a replay changes nothing', async () => {
  const region = new Region({ rules: [KEEP] });
  await region.restore(1, 'first', { metadata: [['a', 'ä']], headers: { contentType: 'text/plain' } });
  await region.restore(2, 'second');
  await region.restore(2, 'second');
  await region.restore(1, 'first');

  expect(region.text('k')).toBe('second');
  expect(region.telemetry.conflicts).toEqual([]);
  expect(region.telemetry.skipped.map(([, reason]) => reason)).toEqual(['replay', 'newer-at-target']);
});

describe('an object whose metadata fills 2 KB', () => {
  test('has its stamp in a tag, which orders its writes and detects a replay', async () => {
    const region = new Region({ now: () => NOW });
    await region.restore(1, 'first', { metadata: FULL, tags: TEN.slice(0, 9) });
    await region.restore(2, 'second', { metadata: FULL, tags: TEN.slice(0, 9) });
    await region.restore(1, 'first', { metadata: FULL, tags: TEN.slice(0, 9) });

    expect(region.text('k')).toBe('second');
    expect(Object.keys(region.tags)).toEqual([...TEN.slice(0, 9).flatMap(Object.keys), STAMP_NAME]);
    expect(region.metadata).toEqual(Object.fromEntries(FULL));
    expect(region.telemetry.skipped).toEqual([['k', 'newer-at-target']]);
    expect(region.telemetry.conflicts).toEqual([]);
  });

  test.each<[string, Partial<TestObject>]>([
    ['tags', { tags: [{ team: 'other' }] }],
    ['headers', { headers: { cacheControl: 'private' } }],
  ])('receives a change that affects only its %s', async (_, change) => {
    const region = new Region();
    await region.restore(1, 'same', { metadata: FULL, tags: [{ team: 'one' }] });
    await region.restore(2, 'same', { metadata: FULL, tags: [{ team: 'one' }], ...change });

    const { headers } = region.store.look(AT)?.description ?? {};
    expect(headers?.cacheControl).toBe(change.headers?.cacheControl);
    expect(region.tags['team']).toBe(change.tags?.[0]?.['team'] ?? 'one');
  });

  test('is never overwritten by a possibly older write if it also has 10 tags, and the skip is reported', async () => {
    const region = new Region();
    await region.restore(2, 'second', { metadata: FULL, tags: TEN });
    await region.restore(1, 'first', { metadata: FULL, tags: TEN });
    await region.restore(2, 'second', { metadata: FULL, tags: TEN });

    expect(region.text('k')).toBe('second');
    expect(region.telemetry.skipped).toEqual([
      ['k', 'unordered'],
      ['k', 'replay'],
    ]);
  });

  test('costs a read of tags only if it already exists', async () => {
    const region = new Region();
    await region.restore(1, 'first', { metadata: FULL });
    expect(region.calls.counts).toMatchObject({ put: 1, head: 0, readTags: 0 });
    await region.restore(2, 'second', { metadata: FULL });
    expect(region.calls.counts).toMatchObject({ put: 3, head: 1, readTags: 1 });
  });
});

describe("a user's own metadata entry or tag named s3xrc", () => {
  test('arrives unchanged, and the stamp goes elsewhere', async () => {
    const region = new Region();
    await region.restore(1, 'first', { metadata: [[STAMP_NAME, 'mine']] });
    expect(region.metadata).toEqual({ [STAMP_NAME]: 'mine' });
    expect(region.tags[STAMP_NAME]).toMatch(/^2:/);

    await region.restore(2, 'second', { tags: [{ [STAMP_NAME]: 'mine, too' }] });
    expect(region.tags).toEqual({ [STAMP_NAME]: 'mine, too' });
    expect(region.metadata[STAMP_NAME]).toMatch(/^2:/);
    expect(region.text('k')).toBe('second');
  });
});
