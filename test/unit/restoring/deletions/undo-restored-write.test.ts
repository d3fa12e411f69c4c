import { describe, expect, test } from '@jest/globals';
import { crc32 } from '../../../../src/archive/checksum.ts';
import { findConsumerChange } from '../../../../src/restoring/deletions/left-to-consumers.ts';
import { undoRestoredWrite } from '../../../../src/restoring/deletions/undo-restored-write.ts';
import type { KeyRemovalHistory } from '../../../../src/restoring/dependencies.ts';
import { makeStampable, makeWriteTarget, type RestorableObject } from '../../../../src/restoring/restorable-object.ts';
import { type ProvenanceStamp, stampOf } from '../../../../src/storage/provenance.ts';
import { itemAt } from '../../../support/archives.ts';
import { FailingObjectStore } from '../../../support/failing-object-store.ts';
import { MemoryObjectStore } from '../../../support/memory-object-store.ts';
import { exampleRule } from '../../../support/rules.ts';
import { TARGET } from '../../../support/target-region.ts';

const LOCATION = { bucket: TARGET, key: 'k' };
const TIME = 1_700_000_000_000;
const BODY = Buffer.from('body');
const destination = itemAt(exampleRule({}, [{ deletes: 'replicate' }]).destinations, 0);
const { signal } = new AbortController();

function objectOf(sequencer: string, write: Partial<ProvenanceStamp> = {}): RestorableObject {
  const stamp = stampOf({ origin: '0123abcd', eventTime: TIME, sequencer, etag: 'ab', ...write });
  return {
    key: 'k',
    size: BODY.length,
    etag: 'ab',
    crc32: crc32(BODY),
    headers: {},
    storageClass: 'STANDARD',
    stamp,
    ...makeStampable({}, [], stamp),
  };
}

describe('undoRestoredWrite', () => {
  async function remains(there: RestorableObject | undefined, body = BODY): Promise<boolean> {
    const memory = new MemoryObjectStore();
    await memory.place(LOCATION, body, there === undefined ? {} : makeWriteTarget(there, destination));
    await undoRestoredWrite(objectOf('02'), destination, { store: new FailingObjectStore(memory), signal });
    return memory.keys(TARGET).length === 1;
  }

  test('deletes the write if it is still at its key', async () => {
    expect(await remains(objectOf('02'))).toBe(false);
  });

  test("keeps another write, an edited object or another writer's object", async () => {
    expect(await remains(objectOf('03'))).toBe(true);
    expect(await remains(objectOf('01'))).toBe(true);
    expect(await remains(objectOf('02'), Buffer.from('edit'))).toBe(true);
    expect(await remains(undefined)).toBe(true);
  });
});

describe('the version that became current when a later one was removed', () => {
  /** The consumer's change that is found after a copy of `restored` was deleted. */
  async function found(
    restored: RestorableObject,
    { deletes, between = false }: { readonly deletes?: 'replicate'; readonly between?: boolean },
  ): Promise<string | undefined> {
    const memory = new MemoryObjectStore({ versioned: true });
    await memory.place(LOCATION, BODY, makeWriteTarget(restored, destination));
    memory.erase(LOCATION);
    const removals = { wasDeletedBetween: () => between } as unknown as KeyRemovalHistory;
    const run = { store: new FailingObjectStore(memory), signal, now: () => TIME, removals };
    const store = run.store;
    const findDeleted = store.findDeleted.bind(store);
    store.findDeleted = async (...request) => ({ ...(await findDeleted(...request)), deletedAt: TIME });
    const object = { ...objectOf('09'), writtenAt: TIME };
    return (await findConsumerChange(object, undefined, LOCATION, deletes === undefined ? {} : { deletes }, run))
      ?.reason;
  }

  test('stays deleted if a consumer deleted its copy, but not if the source did', async () => {
    expect(await found(objectOf('02'), { deletes: 'replicate' })).toBe('deleted-at-target');
    expect(await found(objectOf('02'), { deletes: 'replicate', between: true })).toBeUndefined();
  });

  test('stays deleted where deletions are ignored, since no delete marker is ours there', async () => {
    expect(await found(objectOf('02'), { between: true })).toBe('deleted-at-target');
  });

  test('is written if the deleted object came from another write', async () => {
    expect(await found(objectOf('02', { origin: 'ffffffff' }), {})).toBeUndefined();
    expect(await found(objectOf('02', { etag: 'cd' }), {})).toBeUndefined();
    expect(await found(objectOf('02', { eventTime: TIME - 1001 }), {})).toBeUndefined();
    expect(await found(objectOf('02', { eventTime: TIME - 1000 }), {})).toBe('deleted-at-target');
  });
});
