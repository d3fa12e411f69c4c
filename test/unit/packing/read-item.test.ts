import { describe, expect, test } from '@jest/globals';
import type { PackItem } from '../../../src/packing/collect-objects.ts';
import { readItem } from '../../../src/packing/read-item.ts';
import { TagAccess } from '../../../src/packing/tag-access.ts';
import { FailingObjectStore } from '../../support/failing-object-store.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { exampleRule } from '../../support/rules.ts';

const LOCATION = { bucket: 'source-bucket', key: 'k' };
const BODY = Buffer.from('twenty bytes of text');
const NOW = 1_700_000_000_000;

async function placed(facts: Partial<PackItem['object']> = {}) {
  const memory = new MemoryObjectStore({ now: () => NOW });
  const tags = [{ key: 'team', value: 'x' }];
  const etag = await memory.place(LOCATION, BODY, { tags });
  const item: PackItem = {
    object: { ...LOCATION, etag, size: BODY.length, eventTime: 0, ...facts },
    messages: [],
    superseded: [],
  };
  const store = new FailingObjectStore(memory);
  const rule = exampleRule({}, [{ deletes: 'replicate' }]);
  const dependencies = { rule, store, ownPrincipals: [], tagAccess: new TagAccess() };
  return { memory, item, store, dependencies };
}

async function read(
  facts: Partial<PackItem['object']> = {},
  length = BODY.length,
  start = 0,
  rule = exampleRule({}, [{ deletes: 'replicate' }]),
) {
  const { item, store, dependencies } = await placed(facts);
  const into = new Uint8Array(length);
  const result = await readItem(item, into, start, { ...dependencies, rule }, new AbortController().signal);
  return {
    text: Buffer.from(into).toString(),
    store,
    ...('read' in result ? result.read : { tags: [], leftOut: result.leftOut }),
  };
}

describe('an object', () => {
  test('is read whole by one request, and its tags by another', async () => {
    const { text, tags, store } = await read();
    expect([text, tags]).toEqual([BODY.toString(), [{ key: 'team', value: 'x' }]]);
    expect(store.counts).toMatchObject({ read: 1, head: 0, readTags: 1 });
  });

  test('in pieces takes a look for the checksum of the whole with its first one, and nothing with the others', async () => {
    const whole = await read();
    const first = await read({}, 10);
    expect([first.text, first.tags.length]).toEqual(['twenty byt', 1]);
    expect(first).toMatchObject({
      description: { crc32: (whole as { description?: { crc32?: number } }).description?.crc32 },
    });
    expect(first.store.counts).toMatchObject({ read: 1, head: 1, readTags: 1 });
    const second = await read({}, 10, 10);
    expect(second.text).toBe('es of text');
    expect(second.store.counts).toMatchObject({ read: 1, head: 0, readTags: 0 });
  });

  test('of whose tags S3 lists another number than it counts is refused with its reason', async () => {
    const { item, store, dependencies } = await placed();
    store.readTags = () => Promise.resolve({ tags: [] });
    const result = await readItem(item, new Uint8Array(20), 0, dependencies, new AbortController().signal);
    expect(result).toMatchObject({ leftOut: { kind: 'failed', outcome: { reason: { code: 'TAGS_INCOMPLETE' } } } });
  });

  test('is not at fault when the run has ended', async () => {
    const { item, dependencies } = await placed();
    const ended = AbortSignal.abort(new Error('the run has ended'));
    await expect(readItem(item, new Uint8Array(20), 0, dependencies, ended)).rejects.toThrow('the run has ended');
  });
});

test.each([
  ['a listing has brought', { backfilledAt: 1 }, true],
  ['an event has brought, whose order is its sequencer', { backfilledAt: 1, sequencer: '0A' }, false],
  ['an event without a sequencer has brought', {}, false],
])('the time of its read orders an object that %s: %s', async (_, facts, has) => {
  expect((await read(facts)) as object).toMatchObject(has ? { readAt: NOW } : {});
  expect('readAt' in (await read(facts))).toBe(has);
});

test('the time of its read is kept only where deletions are replicated', async () => {
  expect('readAt' in (await read({ backfilledAt: 1 }, 20, 0, exampleRule()))).toBe(false);
});
