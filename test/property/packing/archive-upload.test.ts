import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MIN_PART_SIZE } from '../../../src/archive/format.ts';
import { BufferPool } from '../../../src/compression/buffer-pool.ts';
import { ArchiveUpload, PART_BUFFER_SIZE } from '../../../src/packing/archive-upload.ts';
import type { ObjectUpload, WriteTarget } from '../../../src/storage/object-store.ts';
import { MIB } from '../../../src/units.ts';
import { FailingObjectStore } from '../../support/failing-object-store.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';

/** Records the part sizes of each upload, and only counts bytes. */
class CountingStore extends MemoryObjectStore {
  readonly uploads = new Map<string, number[]>();

  override createUpload({ key }: WriteTarget): Promise<ObjectUpload> {
    const sizes: number[] = [];
    this.uploads.set(key, sizes);
    const note = (number: number, size: number): Promise<void> => {
      sizes[number - 1] = size;
      return Promise.resolve();
    };
    return Promise.resolve({
      id: key,
      earlier: [],
      uploadPart: (number, body) => note(number, body.length),
      takePart: (_, { number, size }) => note(number, size),
      complete: () => Promise.resolve({ etag: 'e' }),
      abort: () => Promise.resolve(),
    });
  }
}

const zeros = new Uint8Array(60 * MIB);
/** Frames of any size, and occasionally data larger than a piece's buffer. */
const appended = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 12 * MIB }) },
  { weight: 1, arbitrary: fc.integer({ min: PART_BUFFER_SIZE - 9 * MIB, max: zeros.length }) },
);

test('every part of an upload but the last has at least 5 MiB, whatever is appended, and no byte is lost', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(appended, { minLength: 1, maxLength: 12 }),
      fc.constantFrom(1, 2, 5, 100),
      async (sizes, frames) => {
        const memory = new CountingStore();
        const upload = new ArchiveUpload({
          store: new FailingObjectStore(memory),
          location: { bucket: 'outbound', key: 'archive' },
          isShared: false,
          buffers: new BufferPool(PART_BUFFER_SIZE, 2),
          signal: new AbortController().signal,
          framesPerPart: frames,
        });
        await upload.begin();
        // The store does not compare checksums, so these may be wrong.
        for (const size of sizes) await upload.append(zeros.subarray(0, size), 0);
        await upload.complete();
        for (const parts of memory.uploads.values()) {
          expect(parts.slice(0, -1).every((size) => size >= MIN_PART_SIZE)).toBe(true);
        }
        const sum = (some: readonly number[] = []): number => some.reduce((total, size) => total + size, 0);
        expect(sum(memory.uploads.get('archive'))).toBe(sum(sizes));
      },
    ),
    { numRuns: 60 },
  );
});
