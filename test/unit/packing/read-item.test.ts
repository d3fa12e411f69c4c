import { describe, expect, test } from '@jest/globals';
import type { PackItem } from '../../../src/packing/collect-objects.ts';
import { readItem } from '../../../src/packing/read-item.ts';
import { TagPermission } from '../../../src/packing/tag-permission.ts';
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
  const dependencies = { rule, store, ownPrincipals: [], tagPermission: new TagPermission() };
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

describe('readItem', () => {
  test('reads a whole object in one request, and its tags in another', async () => {
    const { text, tags, store } = await read();
    expect([text, tags]).toEqual([BODY.toString(), [{ key: 'team', value: 'x' }]]);
    expect(store.counts).toMatchObject({ read: 1, head: 0, readTags: 1 });
  });

  test('sends a HEAD for the full checksum with the first piece of an object, and none with the others', async () => {
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

  test('leaves out an object, with the reason, if S3 lists fewer tags than it counts', async () => {
    const { item, store, dependencies } = await placed();
    store.readTags = () => Promise.resolve({ tags: [] });
    const result = await readItem(item, new Uint8Array(20), 0, dependencies, new AbortController().signal);
    expect(result).toMatchObject({ leftOut: { kind: 'failed', outcome: { reason: { code: 'TAGS_INCOMPLETE' } } } });
  });

  test('throws, and does not blame the object, if the invocation has ended', async () => {
    const { item, dependencies } = await placed();
    const ended = AbortSignal.abort(new Error('the invocation has ended'));
    await expect(readItem(item, new Uint8Array(20), 0, dependencies, ended)).rejects.toThrow(
      'the invocation has ended',
    );
  });
});

test.each([
  ['was found by a listing', { backfilledAt: 1 }, true],
  ['has a sequencer', { backfilledAt: 1, sequencer: '0A' }, false],
  ['has an event without a sequencer', {}, false],
])('the read time is kept only for an object found by a listing: one that %s', async (_, facts, has) => {
  expect((await read(facts)) as object).toMatchObject(has ? { readAt: NOW } : {});
  expect('readAt' in (await read(facts))).toBe(has);
});

test('the read time is kept only where deletions are replicated', async () => {
  expect('readAt' in (await read({ backfilledAt: 1 }, 20, 0, exampleRule()))).toBe(false);
});
