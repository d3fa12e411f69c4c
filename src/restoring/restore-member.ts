import { crc32 } from '../archive/checksum.ts';
import { FRAME_TARGET } from '../archive/format.ts';
import { asCompressorError } from '../errors.ts';
import { type BodyPart, cutBody } from './cut-body.ts';
import type { DeletionWatch } from './deletions/deletion-watch.ts';
import { destinationsWithRoom, findDueWrite, skipDeletedDestinations, uncheckedWrites } from './find-due-writes.ts';
import type { PlannedObject } from './public/plan-public-restore.ts';
import type { StreamedMember } from './public/read-tar-members.ts';
import { settleWrite, type WriteContext } from './settle-write.ts';
import type { DueWrite } from './write-object.ts';
import { SlicedObjectWrite } from './write-sliced-object.ts';

/** Objects up to this size are one PUT; larger ones become parts of this size. */
const PART_SIZE = FRAME_TARGET;

export interface MemberWork extends WriteContext {
  readonly isRedelivered: boolean;
  /** Receives the writes that continue while the next member is read. They never reject. */
  readonly writing: Promise<void>[];
  /** Absent if no destination of the object's rule replicates deletions. */
  readonly watch: DeletionWatch | undefined;
}

/** Restores an object from a member of a tar that is read as a stream; returns when its bytes are read. */
export async function restoreMember(member: StreamedMember, planned: PlannedObject, work: MemberWork): Promise<void> {
  const { size } = planned.object;
  const due = await dueWrites(planned, work.isRedelivered || size > PART_SIZE, work);
  if (due.length === 0) return;
  if (size > PART_SIZE) await restoreInParts(member, planned, due, work);
  else await restoreWhole(member, planned, due, work);
}

async function dueWrites(
  { object, destinations }: PlannedObject,
  shouldLookFirst: boolean,
  { run, progress, watch }: MemberWork,
): Promise<DueWrite[]> {
  const fits = destinationsWithRoom(object, destinations, progress);
  const fitting = watch === undefined ? fits : await skipDeletedDestinations(object, fits, watch, { run, progress });
  if (!shouldLookFirst) return uncheckedWrites(object, fitting, watch);
  const due = await Promise.all(fitting.map((destination) => findDueWrite(object, destination, run, progress)));
  return due.filter((write) => write !== undefined);
}

async function restoreWhole(
  { body }: StreamedMember,
  { object }: PlannedObject,
  due: readonly DueWrite[],
  work: MemberWork,
): Promise<void> {
  for await (const part of cutBody(body, PART_SIZE, work.run.buffers.tar)) {
    const checksum = crc32(part.bytes);
    const writes = due.map((write) => work.run.puts(() => settleWrite(object, part.bytes, checksum, write, work)));
    work.writing.push(releaseAfter(writes, part));
  }
}

async function restoreInParts(
  { body }: StreamedMember,
  { object }: PlannedObject,
  due: readonly DueWrite[],
  { run, progress, writing }: MemberWork,
): Promise<void> {
  const writes = due.map((write) => new SlicedObjectWrite(object, PART_SIZE, write, run, progress));
  const released: Promise<void>[] = [];
  try {
    for await (const part of cutBody(body, PART_SIZE, run.buffers.tar)) {
      const checksum = crc32(part.bytes);
      const sent = writes.map((write) => run.puts(() => write.writeSlice(part.index, part.bytes, checksum)));
      const releasing = releaseAfter(sent, part);
      writing.push(releasing);
      released.push(releasing);
    }
  } catch (thrown) {
    const reason = asCompressorError(thrown);
    await Promise.all(writes.map((write) => write.abandon(reason)));
    throw thrown;
  }
  writing.push(settleAfter(released, writes));
}

async function releaseAfter(writes: readonly Promise<void>[], part: BodyPart): Promise<void> {
  await Promise.all(writes);
  part.release();
}

async function settleAfter(released: readonly Promise<void>[], writes: readonly SlicedObjectWrite[]): Promise<void> {
  await Promise.all(released);
  await Promise.all(writes.map((write) => write.settle()));
}
