import type { LimitFunction } from 'p-limit';
import { type ContentClass, guessContentClass } from '../adaptive/content-class.ts';
import type { ArchiveLevels, FrameOutcome, FrameProbe, LevelReason } from '../adaptive/level-policy.ts';
import type { NamedSlice } from '../archive/frame-bytes.ts';
import { memberName } from '../archive/member-name.ts';
import type { FramePlan, FrameSlice } from '../archive/plan-frames.ts';
import type { CompressedFrame } from '../compression/frame-contract.ts';
import type { PackItem } from './collect-objects.ts';
import type { PackingDependencies } from './dependencies.ts';
import { type ExclusionReason, type ReadItem, readItem } from './read-item.ts';

/** A slice of an object that is in its frame's buffer. */
export interface ReadSlice {
  readonly item: PackItem;
  readonly slice: FrameSlice;
  readonly read: ReadItem;
}

/** A frame that is completely read and compressed. Its bytes stay valid until `release`. */
export interface BuiltFrame {
  readonly slices: readonly ReadSlice[];
  readonly leftOut: readonly { readonly item: PackItem; readonly reason: ExclusionReason }[];
  /** Absent when no object of the frame could be read. */
  readonly compressed?: CompressedFrame;
  /** The result for the statistics of levels. */
  readonly outcome?: FrameOutcome;
  release(): void;
}

export interface FrameContext {
  readonly items: readonly PackItem[];
  /** The approximate number of frames of each class in the archive. */
  readonly framesByClass: ReadonlyMap<ContentClass, number>;
  readonly levels: ArchiveLevels;
  readonly dependencies: PackingDependencies;
  readonly reads: LimitFunction;
  readonly signal: AbortSignal;
}

/**
 * Reads the objects of a planned frame concurrently into one recycled buffer and compresses it. Objects that cannot be
 * read are left out; the worker closes the gap.
 */
export async function packFrame(plan: FramePlan, context: FrameContext): Promise<BuiltFrame> {
  const { pool, buffers } = context.dependencies;
  let input = await buffers.inputs.acquire();
  let output = await buffers.outputs.acquire();
  const release = (): void => {
    buffers.inputs.release(input);
    buffers.outputs.release(output);
  };
  try {
    const { slices, leftOut } = await readSlices(plan, input, context);
    if (slices.length === 0) return { slices, leftOut, release };
    const expected = frameClass(plan, context.items);
    const probe = async (levels: readonly number[]): Promise<FrameProbe> => {
      const probed = await pool.probe({ kind: 'probe', input, size: plan.size, levels });
      ({ input } = probed);
      return probed;
    };
    const framesAlike = context.framesByClass.get(expected) ?? 1;
    const { reason, ...levels } = await context.levels.forFrame({ expected, bytes: plan.size, framesAlike, probe });
    const named = slices.map(nameSlice);
    const compressed = await pool.compress({ kind: 'compress', input, output, slices: named, endsTar: false, levels });
    ({ input, output } = compressed);
    return { slices, leftOut, compressed, outcome: describeOutcome(compressed, expected, reason), release };
  } catch (thrown) {
    release();
    throw thrown;
  }
}

/** Members of different classes share no frame. */
function frameClass({ slices }: FramePlan, items: readonly PackItem[]): ContentClass {
  const item = items[slices[0]?.member ?? 0];
  return guessContentClass(item?.object.key ?? '');
}

function describeOutcome(
  { level, decompressed, compressed, cpuSeconds, test }: CompressedFrame,
  expected: ContentClass,
  reason: LevelReason,
): FrameOutcome {
  const outcome = { expected, level, reason, bytes: decompressed, compressed, cpuSeconds };
  return test === undefined ? outcome : { ...outcome, test };
}

/** Waits for every read, failed or not: until then the buffer may still be written to. */
async function readSlices(
  plan: FramePlan,
  input: ArrayBuffer,
  context: FrameContext,
): Promise<Pick<BuiltFrame, 'slices' | 'leftOut'>> {
  const settled = await Promise.allSettled(
    plan.slices.map((slice) => context.reads(() => readSlice(slice, input, context))),
  );
  const slices: ReadSlice[] = [];
  const leftOut: { item: PackItem; reason: ExclusionReason }[] = [];
  for (const result of settled) {
    if (result.status === 'rejected') throw result.reason;
    if ('read' in result.value) slices.push(result.value);
    else leftOut.push(result.value);
  }
  return { slices, leftOut };
}

async function readSlice(
  slice: FrameSlice,
  input: ArrayBuffer,
  { items, dependencies, signal }: FrameContext,
): Promise<ReadSlice | { item: PackItem; reason: ExclusionReason }> {
  signal.throwIfAborted();
  const item = items[slice.member];
  if (item === undefined) throw new RangeError(`A frame was planned for member ${slice.member} of ${items.length}`);
  const into = new Uint8Array(input, slice.offset + slice.headerLength, slice.length);
  const result = await readItem(item, into, slice.start, dependencies, signal);
  return 'read' in result ? { item, slice, read: result.read } : { item, reason: result.leftOut };
}

function nameSlice({ item, slice, read }: ReadSlice): NamedSlice {
  const { offset, headerLength, length, padding } = slice;
  const modified = Math.floor(read.description.lastModified.getTime() / 1000);
  return { name: memberName(item.object.key), size: item.object.size, modified, offset, headerLength, length, padding };
}
