import { expect, test } from '@jest/globals';
import { LeasedRecord } from '../../../src/packing/leased-record.ts';
import { AccessDeniedError, ObjectChangedError, WriteConditionError } from '../../../src/storage/errors.ts';
import { FailingObjectStore } from '../../support/failing-object-store.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';

const PLACE = { bucket: 'progress', key: 'rule/a.tar.zst' };
const NEVER = new AbortController().signal;
const lost = { moment: 'after', error: () => new WriteConditionError('412 to the retry') } as const;

function recordIn(store: MemoryObjectStore | FailingObjectStore, now = () => 0): LeasedRecord {
  return new LeasedRecord({ store, location: PLACE, ownershipSeconds: 180, now });
}

const text = (memory: MemoryObjectStore): string => memory.look(PLACE)?.body.toString().split('\n')[1] ?? '';

test('a record stays ours if the response to a write was lost and its retry got a 412', async () => {
  const memory = new MemoryObjectStore();
  const record = recordIn(new FailingObjectStore(memory, { put: [2, 4] }, lost));
  await record.take(Buffer.from('first'), NEVER);
  await record.write(Buffer.from('second'));
  await record.write(Buffer.from('third'));
  expect([record.isOwned, text(memory)]).toEqual([true, 'third']);
});

test('a record that S3 never accepts fails after a few tries, and is still ours', async () => {
  const memory = new MemoryObjectStore();
  const puts = Array.from({ length: 20 }, (_, index) => index + 2);
  const store = new FailingObjectStore(memory, { put: puts }, { error: () => new WriteConditionError('412') });
  const record = recordIn(store);
  await record.take(Buffer.from('first'), NEVER);
  await expect(record.write(Buffer.from('second'))).rejects.toThrow(WriteConditionError);
  expect([store.counts.put, text(memory)]).toEqual([11, 'first']);
});

test('only one of several gets a record, until the lease expires and another takes it over', async () => {
  const memory = new MemoryObjectStore();
  let now = 0;
  const [one, other] = [recordIn(memory), recordIn(memory, () => now)];
  expect(await one.take(Buffer.from('first'), NEVER)).toBeUndefined();
  await expect(other.take(Buffer.from('mine'), NEVER)).rejects.toMatchObject({ seconds: 180 });
  now = 100_500;
  await expect(other.take(Buffer.from('mine'), NEVER)).rejects.toMatchObject({ seconds: 80 });
  now = 179_999;
  await expect(other.take(Buffer.from('mine'), NEVER)).rejects.toMatchObject({ seconds: 1 });
  now = 180_000;
  expect((await other.take(Buffer.from('mine'), NEVER))?.toString()).toBe('first');
  await expect(one.write(Buffer.from('late'))).rejects.toMatchObject({ code: 'ARCHIVE_IN_WORK' });
  expect([one.isOwned, other.isOwned, text(memory)]).toEqual([false, true, 'first']);
  await one.release(Buffer.from('late'));
  await one.remove();
  expect(text(memory)).toBe('first');
});

test('a released record can be taken at once, with its content', async () => {
  const memory = new MemoryObjectStore();
  const [one, other] = [recordIn(memory), recordIn(memory)];
  await one.take(Buffer.from('first'), NEVER);
  await one.release(Buffer.from('so far'));
  expect(one.isOwned).toBe(false);
  expect((await other.take(Buffer.from('mine'), NEVER))?.toString()).toBe('so far');
  await other.remove();
  expect([other.isOwned, memory.keys('progress')]).toEqual([false, []]);
});

test('a record that cannot be read is a failure, but one that changes during the read is read again', async () => {
  const memory = new MemoryObjectStore();
  await memory.place(PLACE, Buffer.from('from an earlier version'));
  const denied = new FailingObjectStore(memory, { read: [1, 2, 3] }, { error: () => new AccessDeniedError('403') });
  await expect(recordIn(denied).take(Buffer.from('mine'), NEVER)).rejects.toThrow(AccessDeniedError);
  expect(denied.counts.read).toBe(1);
  const changing = new FailingObjectStore(memory, { read: [1] }, { error: () => new ObjectChangedError('412') });
  expect((await recordIn(changing).take(Buffer.from('mine'), NEVER))?.toString()).toBe('from an earlier version');
});
