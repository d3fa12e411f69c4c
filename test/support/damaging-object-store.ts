import type { ReadRequest } from '../../src/storage/object-store.ts';
import type { ObjectDescription } from '../../src/storage/stored-object.ts';
import type { MemoryObjectStore } from './memory-object-store.ts';

/** Damages one byte of the result of the n-th read (counted from 1); the stored object is unchanged. */
export function damagingReads(
  store: MemoryObjectStore,
  damaged: ReadonlySet<number>,
  at: (length: number) => number,
): MemoryObjectStore {
  let reads = 0;
  const read = async (request: ReadRequest): Promise<ObjectDescription> => {
    reads += 1;
    const number = reads;
    const description = await store.read(request);
    const position = at(request.into.length);
    if (damaged.has(number)) request.into[position] = (request.into[position] ?? 0) ^ 0xff;
    return description;
  };
  return new Proxy(store, {
    get: (target, name): unknown => {
      if (name === 'read') return read;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
