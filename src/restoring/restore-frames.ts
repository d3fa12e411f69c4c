import { CorruptArchiveError, ObjectChecksumError } from '../archive/errors.ts';
import { verifyFrame } from '../archive/frame-bytes.ts';
import type { ManifestObject } from '../archive/manifest.ts';
import { type FrameSlice, largeSliceLength } from '../archive/plan-frames.ts';
import type { RestoreFrame } from '../archive/plan-restore.ts';
import { asCompressorError, type CompressorError } from '../errors.ts';
import { expectedSlice } from './expected-slice.ts';
import type { OpenedArchive } from './open-archive.ts';
import { locationAt, type RestorableObject } from './restorable-object.ts';
import type { RestoreProgress } from './restore-progress.ts';
import { settleWrite, type WriteContext } from './settle-write.ts';
import { withRestoredFrame } from './with-restored-frame.ts';
import type { DueWrite } from './write-object.ts';
import { SlicedObjectWrite } from './write-sliced-object.ts';

export interface FramesToRestore extends WriteContext {
  readonly opened: OpenedArchive;
  /** The pending writes of each object in the manifest. */
  readonly due: readonly (readonly DueWrite[])[];
  readonly describe: (object: ManifestObject) => RestorableObject;
}

/** A slice with the writes that need it. */
interface WantedSlice {
  readonly slice: FrameSlice;
  readonly object: ManifestObject;
  readonly writes: readonly (DueWrite | SlicedObjectWrite)[];
}

/**
 * Restores what is due, frame by frame, with as many concurrent frames as there are buffers. Unneeded frames are not
 * fetched. Never rejects because of an object: failures go to `progress`.
 */
export async function restoreFrames(work: FramesToRestore): Promise<void> {
  const { opened, run, progress } = work;
  const sliced = slicedWrites(work);
  const large = [...sliced.values()].flat();
  await Promise.all(large.map((write) => run.puts(() => write.resume())));
  const inFlight = new Set<Promise<void>>();
  for (const frame of opened.frames) {
    const wanted = wantedSlices(frame, work, sliced);
    if (wanted.length === 0) continue;
    const input = await run.buffers.compressed.acquire();
    if (progress.stopReason === undefined) {
      const restoring = restoreFrame(frame, wanted, input, work);
      inFlight.add(restoring);
      void restoring.finally(() => inFlight.delete(restoring));
    } else run.buffers.compressed.release(input);
  }
  await Promise.all(inFlight);
  await Promise.all(large.map((write) => write.settle()));
  const { stopReason } = progress;
  if (stopReason === undefined) return;
  await Promise.all(large.map((write) => write.abandon(stopReason)));
}

/** Objects that span frames become one multipart upload per destination. */
function slicedWrites({ opened, due, describe, run, progress }: FramesToRestore): Map<number, SlicedObjectWrite[]> {
  const sliced = new Map<number, SlicedObjectWrite[]>();
  opened.manifest.objects.forEach((object, index) => {
    const { frames = 1 } = object;
    const writes = due[index] ?? [];
    if (frames === 1 || writes.length === 0) return;
    const described = describe(object);
    sliced.set(
      index,
      writes.map((write) => new SlicedObjectWrite(described, largeSliceLength(object.size), write, run, progress)),
    );
  });
  return sliced;
}

function wantedSlices(
  frame: RestoreFrame,
  { opened, due }: FramesToRestore,
  sliced: ReadonlyMap<number, readonly SlicedObjectWrite[]>,
): WantedSlice[] {
  return frame.slices.flatMap((slice): WantedSlice[] => {
    const object = opened.manifest.objects[slice.member];
    if (object === undefined) return [];
    const index = sliceIndex(slice, object);
    const writes = sliced.get(slice.member)?.filter((write) => write.wantsSlice(index)) ?? due[slice.member] ?? [];
    return writes.length === 0 ? [] : [{ slice, object, writes }];
  });
}

/** Index of this slice in its object, from 0. */
function sliceIndex({ start }: FrameSlice, { size }: ManifestObject): number {
  return start / largeSliceLength(size);
}

async function restoreFrame(
  frame: RestoreFrame,
  wanted: readonly WantedSlice[],
  input: ArrayBuffer,
  work: FramesToRestore,
): Promise<void> {
  const { opened, run, progress } = work;
  const request = { opened, entry: frame.entry, input };
  try {
    const slices = wanted.map(({ slice, object }) => expectedSlice(slice, object));
    await withRestoredFrame({ ...request, slices }, run, async ({ tar, checksums, cpuSeconds }) => {
      progress.cpuSeconds += cpuSeconds;
      await Promise.all(wanted.map((one, index) => writeSlice(one, tar, checksums[index] ?? 0, work)));
    });
  } catch (thrown) {
    const error = asCompressorError(thrown);
    const isCorrupt = error instanceof CorruptArchiveError || error instanceof ObjectChecksumError;
    if (isCorrupt) await restoreApart(frame, wanted, work);
    else await Promise.all(wanted.map((one) => failSlice(one, error, progress)));
  }
}

/**
 * The frame is damaged. It is read once more, from S3 and not from the tail in memory, since the read may have been
 * damaged; and each slice is checked separately, so that one bad object does not affect its neighbors.
 */
async function restoreApart(
  frame: RestoreFrame,
  wanted: readonly WantedSlice[],
  { opened, run, ...work }: FramesToRestore,
): Promise<void> {
  const { progress } = work;
  const input = await run.buffers.compressed.acquire();
  try {
    const fromStore = { archive: opened.archive, tail: new Uint8Array(0) };
    await withRestoredFrame({ opened: fromStore, entry: frame.entry, input, slices: [] }, run, async ({ tar }) => {
      await Promise.all(
        wanted.map(async (one) => {
          try {
            const [crc32 = 0] = verifyFrame(tar, [expectedSlice(one.slice, one.object)]);
            await writeSlice(one, tar, crc32, { opened, run, ...work });
          } catch (thrown) {
            await failSlice(one, asCompressorError(thrown), progress);
          }
        }),
      );
    });
  } catch (thrown) {
    const error = asCompressorError(thrown);
    await Promise.all(wanted.map((one) => failSlice(one, error, progress)));
  }
}

/** Writes one slice to every destination that needs it. Never rejects. */
async function writeSlice(
  { slice, object, writes }: WantedSlice,
  tar: Uint8Array,
  crc32: number,
  { describe, run, progress }: FramesToRestore,
): Promise<void> {
  const start = slice.offset + slice.headerLength;
  await Promise.all(
    writes.map((write) =>
      // Thousands may wait here, so nothing is allocated for a write before its turn.
      run.puts(() => {
        const body = tar.subarray(start, start + slice.length);
        if (write instanceof SlicedObjectWrite) {
          return write.writeSlice(sliceIndex(slice, object), body, crc32);
        }
        return settleWrite(describe(object), body, crc32, write, { run, progress });
      }),
    ),
  );
}

async function failSlice(
  { object, writes }: WantedSlice,
  error: CompressorError,
  progress: RestoreProgress,
): Promise<void> {
  await Promise.all(
    writes.map(async (write) => {
      if (write instanceof SlicedObjectWrite) await write.abandon(error);
      else progress.fail(locationAt(object, write.destination), error);
    }),
  );
}
